"""What people do in a review cycle, one function an act. Inside: steps <- scope, changes <- the four subjects.

``cycles`` opens and closes rounds, ``confirmations`` takes the units' answers, ``assessments`` the verdicts,
``follow_ups`` the promised next steps. Each act asks for the right, locks what it changes, looks into the table of
states, and leaves history with actor and reason.
"""
