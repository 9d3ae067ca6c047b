"""Forms as KERN draws them: ``{{ form }}`` and ``{{ field.as_field_group }}`` (FORM_RENDERER in the settings)."""

from django.forms.renderers import TemplatesSetting


class KernRenderer(TemplatesSetting):
    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
