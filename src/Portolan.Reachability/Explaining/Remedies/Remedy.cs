using Portolan.Firewall.Judging;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Remedies;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Reachability.Sources;

namespace Portolan.Reachability.Explaining.Remedies;

/// <summary>What a choice of openings comes to in lines that a person pastes or reads.</summary>
internal static class Remedy
{
    private const int ShownPrefixes = 3;

    /// <summary>The lines: commands, or a comment where there is nothing harmless to run.</summary>
    /// <param name="choice">What was found.</param>
    /// <param name="decider">The rule or policy that stops the packets.</param>
    /// <param name="passages">The packets.</param>
    /// <param name="query">The question.</param>
    /// <param name="question">Who is to reach what.</param>
    internal static IEnumerable<Advice> Lines(
        OpeningChoice choice, RuleReference decider, IReadOnlyList<Passage> passages, FlowQuery query, ExplainQuestion question)
    {
        if (choice.Openings.Count == 0)
        {
            return [Refusal(choice, decider, passages)];
        }

        var lines = choice.Openings.Zip(passages).Select(o => Line(o.First, o.Second, question)).ToList();
        var notes = Notes(choice, query, question).ToList();
        if (notes.Count > 0)
        {
            var hasComment = question.RulesFile is null
                && choice.Openings[lines.Count - 1] is { IsConfiguration: false, LastsUntil: not null };
            lines[^1] = hasComment ? Advice.Of($"{lines[^1]}; {Advice.Join("; ", notes)}") : $"{lines[^1]}    # {Advice.Join("; ", notes)}";
        }

        return lines;
    }

    /// <summary>Why nothing is to be run, as a comment.</summary>
    internal static Advice Refusal(OpeningChoice choice, RuleReference decider, IReadOnlyList<Passage> passages)
    {
        var rule = RuleInsertion.Words(decider.Table, passages[0]);
        if (choice.Protector is not { } protector)
        {
            Advice change = $"# change {Name(decider)} itself so that it accepts these: {rule}";
            return choice.Closes ? $"{change}; an accept before it would block packets that are accepted now" : change;
        }

        var noun = Advice.Prose(choice.Protection.Noun());
        return choice.IsPassedOver
            ? Advice.Of($"# change {Name(decider)} itself; an accept before it would let packets past {Name(protector)}, {noun}")
            : $"# {Name(protector)} is {noun}: {Instead(choice.Protection)}";
    }

    /// <summary>What helps against a limit that one exchange uses up, as a comment.</summary>
    internal static Advice OfLimit(FlowLimit limit) => limit.Measure.Unit == LimitUnit.Bytes
        ? $"# raise the limit of {Name(limit.Rule)}, or accept packets of established connections before it"
        : Advice.Of($"# accept packets of established connections before {Name(limit.Rule)}, so that it counts new connections only");

    private static Advice Line(Opening opening, Passage passage, ExplainQuestion question)
    {
        if (question.RulesFile is { } file)
        {
            var place = opening.Rules[0].Place;
            return file == "-" || RuleInsertion.Line(place, passage) is not { } line
                ? Advice.Of($"# in {FileName(file)}, before {Name(new RuleReference(place.Table, place.Chain, place.Before))}: "
                    + $"{RuleInsertion.Words(place.Table, passage)}")
                : $"printf '\\n%s\\n' {line} >> {file}";
        }

        return opening.IsConfiguration ? Advice.Of($"# in the system's configuration: {opening.Text()}")
            : opening.LastsUntil is { } manager ? $"{opening.Text()}    # until {Advice.Prose(manager)} makes its rules again"
            : opening.Text();
    }

    /// <summary>A file of rules in a sentence: standard input has no name.</summary>
    internal static Advice FileName(string file) => file == "-" ? Advice.Of($"the rules") : $"{file}";

    private static IEnumerable<Advice> Notes(OpeningChoice choice, FlowQuery query, ExplainQuestion question)
    {
        var isOneFamily = question.Address is not null || question.From?.IsIPv4 is not null || question.UseIPv4 != question.UseIPv6;
        if (choice.OpensOtherFamily && isOneFamily)
        {
            yield return $"also opens it over {(query.IsIPv4 ? "IPv6" : "IPv4")}";
        }

        if (!choice.OtherSenders.IsEmpty)
        {
            var others = PrefixCover.Find(choice.OtherSenders, query.Sources ?? IntervalSet.Empty, query.IsIPv4, ShownPrefixes + 1);
            yield return others.Count > ShownPrefixes
                ? Advice.Of($"also lets other senders in")
                : $"also lets in {Advice.List(others.Select(static o => o.ToString()))}";
        }

        if (choice.OpensTarget)
        {
            yield return $"also lets in packets that are sent to the translated address directly";
        }
    }

    private static Advice Instead(Protection protection) => protection switch
    {
        Protection.Ban => $"if it is a mistake, remove it where it was set",
        Protection.Limit => $"wait, or change it where it was set",
        Protection.ForgedSender => $"correct the sender's address or the route, not the rule",
        _ => $"look for asymmetric routing",
    };

    private static Advice Name(RuleReference rule) => Advice.Prose(RuleLabel.Full(rule));
}
