import java.io.FileInputStream;
import java.io.InputStream;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.RuleId;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;

/**
 * Validates PDF files against veraPDF profiles and prints one line for each, with the first example of every broken
 * rule. Usage: VeraCheck PROFILE[,PROFILE] FILE... where a profile is PDFUA-1 or PDFA-3A. Exit status 1 if any fails.
 */
public class VeraCheck {
  public static void main(String[] arguments) throws Exception {
    Logger.getLogger("").setLevel(Level.SEVERE);
    VeraGreenfieldFoundryProvider.initialise();
    boolean good = true;
    for (int index = 1; index < arguments.length; index++) {
      for (String name : arguments[0].split(",")) {
        good &= check(name, arguments[index]);
      }
    }
    System.exit(good ? 0 : 1);
  }

  private static boolean check(String name, String file) throws Exception {
    ValidationProfile profile;
    try (InputStream in = Profiles.class.getResourceAsStream("/org/verapdf/pdfa/validation/" + name + ".xml")) {
      profile = Profiles.profileFromXml(in);
    }
    boolean good = true;
    try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), profile.getPDFAFlavour());
        PDFAValidator validator = Foundries.defaultInstance().createValidator(profile, 1000, false, false, false)) {
      for (ValidationResult result : validator.validateAll(parser)) {
        good &= result.isCompliant();
        System.out.printf("%s %s compliant=%s checks=%d%n", file, name, result.isCompliant(), result.getTotalAssertions());
        for (Map.Entry<RuleId, Integer> failed : result.getFailedChecks().entrySet()) {
          RuleId rule = failed.getKey();
          System.out.printf("  %s-%d x%d: %s%n", rule.getClause(), rule.getTestNumber(), failed.getValue(), example(result, rule));
        }
      }
    }
    return good;
  }

  private static String example(ValidationResult result, RuleId rule) {
    for (TestAssertion assertion : result.getTestAssertions()) {
      if (assertion.getStatus() == TestAssertion.Status.FAILED && assertion.getRuleId().equals(rule)) {
        return assertion.getMessage() + " @ " + assertion.getLocation().getContext();
      }
    }
    return "";
  }
}
