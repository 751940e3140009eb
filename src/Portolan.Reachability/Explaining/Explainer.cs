using Portolan.Reachability.Explaining.Unseen;

namespace Portolan.Reachability.Explaining;

/// <summary>Explains layer by layer whether a port can be reached. Pure: the same facts give the same explanation.</summary>
public static class Explainer
{
    /// <summary>Explains. An address of this machine is asked about from outside, any other from here.</summary>
    /// <param name="question">Who reaches what.</param>
    /// <param name="facts">What is known.</param>
    /// <param name="isOutbound">Whether the address is another machine's.</param>
    /// <param name="cancellationToken">Stops everything; how long it may take is among the facts.</param>
    public static Explanation Explain(ExplainQuestion question, ExplainFacts facts, bool isOutbound, CancellationToken cancellationToken)
    {
        var families = isOutbound
            ? [InTime(facts, (known, token) => new OutboundExplainer(question, known, token).Explain(), cancellationToken)]
            : Inbound(question, facts, cancellationToken);
        if (Conclude(families).Verdict != ReachVerdict.Reachable)
        {
            families.ForEach(f => f.Search(cancellationToken));
        }

        families.ForEach(f => f.Note(cancellationToken));
        var steps = new List<ExplanationStep> { NameStep(question) };
        steps.AddRange(Merge(families));
        steps.Add(UnseenStep(facts.Unseen([.. families.SelectMany(f => f.Interfaces).Distinct()])));
        var (verdict, symptom, headline) = Conclude(families);
        var fixes = verdict == ReachVerdict.Reachable ? [] : families.SelectMany(f => f.Fixes).Distinct().ToList();
        return new Explanation
        {
            Target = question.Target,
            From = question.From?.Text,
            Verdict = verdict,
            Symptom = symptom,
            Headline = headline,
            Steps = steps,
            Footnotes = [.. families.SelectMany(static f => f.Footnotes).Distinct(StringComparer.Ordinal)],
            Limit = families.Select(static f => f.Limit).FirstOrDefault(static l => l is not null),
            Fixes = fixes,
            Closing = [.. families.SelectMany(static f => f.Closing).Distinct()],
            Check = fixes.Count == 0 || (facts.Firewall.LacksPrivilege && verdict == ReachVerdict.Unknown)
                ? null
                : facts.Judge is not null && families.Exists(f => f.Decisive is not null)
                ? Advice.Of($"{question.Command} --prove")
                : question.Command,
            Decisive = [.. families.Select(f => f.Decisive).OfType<DecisivePackets>()],
            LacksPrivilege = facts.Firewall.LacksPrivilege && verdict == ReachVerdict.Unknown,
        };
    }

    // The verdict of each family first. What may take the rest of the time comes behind: other ways in, fixes, notes.
    private static List<FamilyExplanation> Inbound(ExplainQuestion question, ExplainFacts facts, CancellationToken cancellationToken)
    {
        var found = Families(question, facts).ConvertAll(f => new AddressExplainer(question, facts, f, cancellationToken));
        found.ForEach(static f => f.Judge());
        return found.ConvertAll(static f => f.Complete());
    }

    // All but the rules and routes is said of what is late.
    internal static FamilyExplanation InTime(
        ExplainFacts facts, Func<ExplainFacts, CancellationToken, FamilyExplanation> explain, CancellationToken cancellationToken) =>
        facts.Time is { } time
            ? time.Within(token => explain(facts, token), () => explain(facts with { Judge = null, Late = time.Why }, cancellationToken))
            : explain(facts, cancellationToken);

    /// <summary>The families that are asked about and that this machine has; when it has none, those asked about.</summary>
    private static List<bool> Families(ExplainQuestion question, ExplainFacts facts)
    {
        var only = question.Address?.IsIPv4 ?? question.From?.IsIPv4;
        var asked = new List<bool>();
        if (question.UseIPv4 && only != false)
        {
            asked.Add(true);
        }

        if (question.UseIPv6 && only != true)
        {
            asked.Add(false);
        }

        if (asked.Count < 2 || facts.Firewall.Host is not { } host)
        {
            return asked;
        }

        var has =
            asked.Where(f => host.Addresses.Any(a => a.Address.IsIPv4 == f && !a.Address.IsLoopback && !a.Address.IsLinkLocal)).ToList();
        return has.Count > 0 ? has : [asked[0]];
    }

    private static ExplanationStep NameStep(ExplainQuestion question) => new(
        "name/port",
        LayerResult.Ok,
        $"{question.PortWords}{(question.Protocol == TransportProtocol.Tcp ? "/tcp" : "")}"
            + $"{(question.Service is { } service ? $" = {service} (IANA)" : "")}"
            + $"{(question.Address is { } address ? $" at {address}" : "")}{(question.Name is { } name ? $" ({name})" : "")}");

    private static List<ExplanationStep> Merge(List<FamilyExplanation> families)
    {
        if (families is [var only])
        {
            return only.Steps;
        }

        var (first, second) = (families[0], families[1]);
        var result = new List<ExplanationStep>();
        foreach (var layer in first.Steps.Concat(second.Steps).Select(s => s.Layer).Distinct(StringComparer.Ordinal).OrderBy(Place))
        {
            var (four, six) = (first.Steps.Find(s => s.Layer == layer), second.Steps.Find(s => s.Layer == layer));
            if (four is not null && six is not null && four.Result == six.Result && four.Detail == six.Detail)
            {
                result.Add(four with { More = [.. four.More, .. six.More.Except(four.More)] });
                continue;
            }

            if (layer == "route in" && four?.Result == LayerResult.Ok && six?.Result == LayerResult.Ok)
            {
                result.Add(four with { Detail = $"{four.Detail} · {six.Detail}" });
                continue;
            }

            result.AddRange(four is null ? [] : [four with { Detail = $"IPv4: {four.Detail}" }]);
            result.AddRange(six is null ? [] : [six with { Detail = $"IPv6: {six.Detail}" }]);
        }

        return result;
    }

    private static int Place(string layer) => layer switch
    {
        "listener" => 0,
        "accept queue" => 1,
        "route in" or "route out" => 2,
        "prerouting" => 3,
        "NAT" => 4,
        "route on" => 5,
        "firewall" => 6,
        "output" => 7,
        "replies" => 8,
        "later packets" => 9,
        "neighbours" => 10,
        "socket" => 11,
        "allow" => 12,
        _ => 13,
    };

    private static (ReachVerdict Verdict, ClientSymptom? Symptom, string Headline) Conclude(List<FamilyExplanation> families)
    {
        if (families is [var only])
        {
            return (only.Verdict, only.Symptom, $"{Word(only.Verdict, only.DependsOn)} – {only.Reason}.");
        }

        var (four, six) = (families[0], families[1]);
        if (four.Verdict == six.Verdict)
        {
            var symptom = four.Symptom == six.Symptom ? four.Symptom : null;
            var on = four.DependsOn == six.DependsOn ? four.DependsOn : $"{four.DependsOn}, or over IPv6 {six.DependsOn}";
            return (four.Verdict, symptom,
                four.Reason == six.Reason
                    ? $"{Word(four.Verdict, on)} – {four.Reason}."
                    : $"{Word(four.Verdict, on)} – IPv4: {four.Reason}; IPv6: {six.Reason}.");
        }

        var verdict = four.Verdict == ReachVerdict.Unknown || six.Verdict == ReachVerdict.Unknown
            ? ReachVerdict.Unknown
            : ReachVerdict.Depends;
        return (verdict, null, $"{Word(verdict, "the address family")} – IPv4: {Short(four)}; IPv6: {Short(six)}.");
    }

    private static string Short(FamilyExplanation family) => family.Verdict switch
    {
        ReachVerdict.Reachable => $"yes, {family.Reason}",
        ReachVerdict.Unreachable => $"no, {family.Reason}",
        ReachVerdict.Depends => $"depends on {family.DependsOn}: {family.Reason}",
        _ => $"not known, {family.Reason}",
    };

    private static string Word(ReachVerdict verdict, string? on) => verdict switch
    {
        ReachVerdict.Reachable => "YES",
        ReachVerdict.Unreachable => "NO",
        ReachVerdict.Depends => $"DEPENDS ON {on}",
        _ => "UNKNOWN",
    };

    private static ExplanationStep UnseenStep(IReadOnlyList<UnseenLayer> layers)
    {
        var parts = new List<string>();
        Add("present", LayerPresence.Present);
        Add("unknowable", LayerPresence.Unknowable);
        Add("none", LayerPresence.Absent);
        return new ExplanationStep(
            "not checked", LayerResult.NotChecked,
            parts.Count == 0 ? "XDP, tc, cgroup BPF, security modules, security groups" : parts[0])
        { More = [.. parts.Skip(1)] };

        void Add(string word, LayerPresence presence)
        {
            var found =
                layers.Where(l => l.Presence == presence).Select(l => l.Detail.Length > 0 ? $"{l.Name} ({l.Detail})" : l.Name).ToList();
            if (found.Count > 0)
            {
                parts.Add($"{word}: {string.Join(", ", found)}");
            }
        }
    }
}
