namespace Portolan.Reachability.Explaining;

/// <summary>The explanation over one family.</summary>
internal sealed class FamilyExplanation
{
    internal List<ExplanationStep> Steps { get; } = [];

    internal List<Advice> Fixes { get; } = [];

    private readonly List<(int Place, Func<CancellationToken, IReadOnlyList<Advice>> Search)> _searches = [];

    private readonly List<Action<CancellationToken>> _notes = [];

    /// <summary>What closes the port, where a rule forwards it past those that deny it.</summary>
    internal List<Advice> Closing { get; } = [];

    internal ReachVerdict Verdict { get; private set; } = ReachVerdict.Unknown;

    internal ClientSymptom? Symptom { get; private set; }

    /// <summary>What to say behind YES, NO and so on; no full stop.</summary>
    internal string Reason { get; private set; } = "";

    /// <summary>What the answer depends on, of <see cref="ReachVerdict.Depends"/>.</summary>
    internal string? DependsOn { get; private set; }

    /// <summary>What becomes of packets that no ordinary client sends.</summary>
    internal List<string> Footnotes { get; } = [];

    /// <summary>The limit within which the answer holds; or <c>null</c>.</summary>
    internal string? Limit { get; set; }

    /// <summary>The packets that decide; <c>null</c> when the answer does not rest on rules or routes.</summary>
    internal DecisivePackets? Decisive { get; set; }

    /// <summary>Whether the rules and routes were not judged in time.</summary>
    internal bool IsLate { get; set; }

    /// <summary>Interfaces the packets come in or go out by, for the layers that were not judged.</summary>
    internal List<int> Interfaces { get; } = [];

    internal FamilyExplanation Ok(string layer, string detail)
    {
        Steps.Add(new ExplanationStep(layer, LayerResult.Ok, detail));
        return this;
    }

    internal FamilyExplanation Add(ExplanationStep step)
    {
        Steps.Add(step);
        return this;
    }

    internal FamilyExplanation End(ReachVerdict verdict, ClientSymptom? symptom, string reason)
    {
        (Verdict, Symptom, Reason, DependsOn) = (verdict, symptom, reason, null);
        return this;
    }

    /// <summary>The answer depends on something that a client or an administrator can tell.</summary>
    /// <param name="on">What it depends on: <c>the sender</c>.</param>
    /// <param name="reason">What that is like.</param>
    internal FamilyExplanation Depends(string on, string reason)
    {
        (Verdict, Symptom, Reason, DependsOn) = (ReachVerdict.Depends, null, reason, on);
        return this;
    }

    /// <summary>Gives another reason for the same verdict.</summary>
    internal FamilyExplanation Say(string reason)
    {
        Reason = reason;
        return this;
    }

    /// <summary>Says what the client sees as well.</summary>
    internal FamilyExplanation WithSymptom(ClientSymptom? symptom)
    {
        Symptom = symptom;
        return this;
    }

    /// <summary>
    /// Looks for a fix once the verdicts of all families stand, so that none is lost to the search; keeps its place among the fixes.
    /// </summary>
    internal void SearchLater(Func<CancellationToken, IReadOnlyList<Advice>> search) => _searches.Add((Fixes.Count, search));

    /// <summary>Judges what the verdict stands without, once it stands.</summary>
    internal void NoteLater(Action<CancellationToken> note) => _notes.Add(note);

    /// <summary>Takes over the fixes of another, and what it still looks for.</summary>
    internal void AddFixesOf(FamilyExplanation other)
    {
        _searches.AddRange(other._searches.Select(s => s with { Place = Fixes.Count + s.Place }));
        Fixes.AddRange(other.Fixes);
    }

    /// <summary>Takes over the notes of another, and what it still judges for them.</summary>
    internal void AddNotesOf(FamilyExplanation other) => NoteLater(stop =>
    {
        other.Note(stop);
        Footnotes.AddRange(other.Footnotes.Except(Footnotes, StringComparer.Ordinal).ToList());
        Closing.AddRange(other.Closing.Except(Closing).ToList());
    });

    /// <summary>Looks for the fixes.</summary>
    internal void Search(CancellationToken stop)
    {
        var found = 0;
        foreach (var (place, search) in _searches.OrderBy(static s => s.Place))
        {
            var fixes = search(stop);
            Fixes.InsertRange(place + found, fixes);
            found += fixes.Count;
        }

        _searches.Clear();
    }

    /// <summary>Adds the notes.</summary>
    internal void Note(CancellationToken stop)
    {
        _notes.ForEach(note => note(stop));
        _notes.Clear();
    }

    /// <summary>What decides cannot be known.</summary>
    internal FamilyExplanation Unknown(string reason) => End(ReachVerdict.Unknown, null, reason);
}
