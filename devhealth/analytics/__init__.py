"""Questions about measures: any span, any grouping that the records carry, one definition.

    catalogue()                             every measure, what it means, what it may be grouped by
    ask(sink, questions, today=…)           an answer or a refusal for each
    evidence(sink, question, …)             the records behind one number

What is additive and stands in a rollup's key is added up by the store; anything else is the daily
expression once more, over the records (METRICS: "How numbers add up").
"""
