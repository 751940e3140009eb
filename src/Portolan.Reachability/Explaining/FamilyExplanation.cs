namespace Portolan.Reachability.Explaining;

/// <summary>The explanation over one family.</summary>
internal sealed class FamilyExplanation
{
    internal List<ExplanationStep> Steps { get; } = [];

    internal List<string> Fixes { get; } = [];

    internal ReachVerdict Verdict { get; private set; } = ReachVerdict.Unknown;

    internal ClientSymptom? Symptom { get; private set; }

    /// <summary>Whether packets get through here, and no more is seen of them.</summary>
    internal bool IsHandedOver { get; set; }

    /// <summary>What to say behind YES, NO and so on; no full stop.</summary>
    internal string Reason { get; private set; } = "";

    /// <summary>The packets that decide; <c>null</c> when the answer does not rest on rules or routes.</summary>
    internal DecisivePackets? Decisive { get; set; }

    /// <summary>Interfaces the packets come in or go out by, for the layers that were not judged.</summary>
    internal List<int> Interfaces { get; } = [];

    internal FamilyExplanation Ok(string layer, string detail)
    {
        Steps.Add(new ExplanationStep(layer, StepResult.Ok, detail));
        return this;
    }

    internal FamilyExplanation Add(ExplanationStep step)
    {
        Steps.Add(step);
        return this;
    }

    internal FamilyExplanation End(ReachVerdict verdict, ClientSymptom? symptom, string reason)
    {
        (Verdict, Symptom, Reason) = (verdict, symptom, reason);
        return this;
    }
}
