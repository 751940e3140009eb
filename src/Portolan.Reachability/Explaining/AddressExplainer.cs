using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Explaining;

/// <summary>
/// Explains for each own address where the way back depends on it (<c>ip rule from ADDR</c>) and the question names none: the check of
/// senders and the replies go by the address that was asked.
/// </summary>
internal sealed class AddressExplainer(ExplainQuestion question, ExplainFacts facts, bool isIPv4, CancellationToken cancellationToken)
{
    private const int MostNamed = 3;

    private readonly List<(IntervalSet? Addresses, ExplainQuestion Asked, FamilyExplanation Family)> _parts = [];

    /// <summary>Judges the way that is expected, for each address where that matters.</summary>
    internal void Judge()
    {
        var groups = Groups();
        IEnumerable<(IntervalSet? Addresses, ExplainQuestion Asked)> questions =
            groups.Count < 2 ? [(null, question)] : groups.Select(g => ((IntervalSet?)g, question with { Among = g }));
        foreach (var (addresses, asked) in questions)
        {
            var family = Explainer.InTime(
                facts, (known, token) => new InboundExplainer(asked, known, isIPv4, token).Explain(), cancellationToken);
            _parts.Add((addresses, asked, family));
        }
    }

    /// <summary>Adds the other ways in, and makes one explanation of all.</summary>
    internal FamilyExplanation Complete()
    {
        var completed = _parts.ConvertAll(
            p => (p.Addresses, Family: new ArrivalExplainer(p.Asked, facts, isIPv4, cancellationToken).Complete(p.Family)));
        if (completed is [var only])
        {
            return only.Family;
        }

        var answers = completed.GroupBy(static p => (p.Family.Verdict, p.Family.Symptom, p.Family.DependsOn, p.Family.Reason))
            .Select(static a => new Answer([.. a.Select(static p => p.Addresses!)], [.. a.Select(static p => p.Family)])).ToList();
        var verdicts = answers.Select(static a => a.Verdict).Distinct().ToList();

        // One of each verdict at least.
        var shown = answers.DistinctBy(static a => a.Verdict).Concat(answers).Distinct().Take(Math.Max(MostNamed, verdicts.Count)).ToList();
        var result = Join(shown);
        if (answers.Count == 1)
        {
            return result;
        }

        var words = shown.ConvertAll(a => $"to {Names(a)}: {(verdicts.Count > 1 ? Words(a.Family) : a.Family.Reason)}");
        words.AddRange(
            answers.Except(shown).GroupBy(static a => a.Verdict).Select(
                static g => $"to {g.Sum(static a => a.Count)} more addresses: {Word(g.Key)}"));
        var reason = string.Join("; ", words);
        var symptoms = answers.Select(static a => a.Family.Symptom).Distinct().ToList();
        return verdicts.Contains(ReachVerdict.Unknown) ? result.Unknown(reason)
            : verdicts is [ReachVerdict.Reachable or ReachVerdict.Unreachable]
            ? result.End(verdicts[0], symptoms.Count == 1 ? symptoms[0] : null, reason)
            : result.Depends("the destination address", reason);
    }

    /// <summary>Of the addresses at which packets are taken, those that are answered alike; none where all are.</summary>
    private List<IntervalSet> Groups()
    {
        if (question.Address is not null || question.From is { IsThisMachine: true } || facts.Judge is not { } judge
            || judge.Likely.Groups(isIPv4) is not { Count: > 0 } groups)
        {
            return [];
        }

        var binds = new ListenerLayer(question, facts).Fitting(isIPv4);
        var taken = IntervalSet.From(
            judge.Host.Addresses.Where(
                a => a.Address.IsIPv4 == isIPv4 && !a.Address.IsLoopback && !a.Address.IsLinkLocal && IsTaken(binds, a.Address)).Select(
                a => new Interval(a.Address.Number, a.Address.Number)));
        return [.. groups.Select(g => g.Intersect(taken)).Where(static g => !g.IsEmpty).OrderBy(static g => g.Intervals[0].First)];
    }

    // A port that rules forward has no listener here, and takes packets to every address.
    private static bool IsTaken(List<PortBind> binds, InternetAddress address) =>
        binds.Count == 0 || binds.Exists(b => b.IsWildcard || b.Address.Unmap() == address);

    /// <summary>The layers of all, each said once; what stops packets to some addresses names these.</summary>
    private FamilyExplanation Join(List<Answer> answers)
    {
        var result = answers[0].Family;
        for (var i = 0; i < result.Steps.Count; i++)
        {
            if (result.Steps[i] is { Layer: "route in", Result: LayerResult.Ok } route)
            {
                var ways = answers.SelectMany(static a => a.Families).SelectMany(static f => f.Steps)
                    .Where(static s => s is { Layer: "route in", Result: LayerResult.Ok }).Select(static s => s.Detail)
                    .Distinct(StringComparer.Ordinal).ToList();
                var more = ways.Count > MostNamed ? $" and {ways.Count - MostNamed} more" : "";
                result.Steps[i] = route with { Detail = string.Join(", ", ways.Take(MostNamed)) + more };
            }
        }

        foreach (var answer in answers.Skip(1))
        {
            foreach (var step in answer.Family.Steps.Where(s => s is not { Layer: "route in", Result: LayerResult.Ok }))
            {
                Add(result, step, answer);
            }
        }

        foreach (var other in answers.SelectMany(static a => a.Families).Skip(1))
        {
            result.Interfaces.AddRange(other.Interfaces.Except(result.Interfaces).ToList());
        }

        foreach (var other in answers.Skip(1).Select(static a => a.Family))
        {
            result.AddFixesOf(other);
            result.AddNotesOf(other);
            result.IsLate |= other.IsLate;
            result.Limit ??= other.Limit;
            result.Decisive ??= other.Decisive;
        }

        return result;
    }

    private void Add(FamilyExplanation result, ExplanationStep step, Answer answer)
    {
        if (!result.Steps.Exists(s => s.Layer == step.Layer && s.Detail == step.Detail && s.Result == step.Result))
        {
            var at = result.Steps.FindLastIndex(s => s.Layer == step.Layer);
            result.Steps.Insert(at < 0 ? result.Steps.Count : at + 1, step with { Detail = $"to {Names(answer)}: {step.Detail}" });
        }
    }

    private string Names(Answer answer)
    {
        var names = facts.Judge!.Host.Addresses.Where(
            a => a.Address.IsIPv4 == isIPv4 && answer.Groups.Any(g => g.Contains(a.Address.Number))).Select(
            static a => a.Address.ToString()).Distinct(StringComparer.Ordinal).ToList();
        return names.Count <= MostNamed
            ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(MostNamed - 1))} and {names.Count - MostNamed + 1} more addresses";
    }

    private static string Word(ReachVerdict verdict) => verdict switch
    {
        ReachVerdict.Reachable => "yes",
        ReachVerdict.Unreachable => "no",
        ReachVerdict.Depends => "it depends",
        _ => "not known",
    };

    private static string Words(FamilyExplanation family) => family.Verdict switch
    {
        ReachVerdict.Reachable => $"yes, {family.Reason}",
        ReachVerdict.Unreachable => $"no, {family.Reason}",
        ReachVerdict.Depends => $"depends on {family.DependsOn}: {family.Reason}",
        _ => $"not known, {family.Reason}",
    };

    /// <summary>Groups of addresses to which the answer is the same, and the explanation of each.</summary>
    private sealed record Answer(List<IntervalSet> Groups, List<FamilyExplanation> Families)
    {
        internal FamilyExplanation Family => Families[0];

        internal ReachVerdict Verdict => Family.Verdict;

        internal double Count => Groups.Sum(static g => g.Size);
    }
}
