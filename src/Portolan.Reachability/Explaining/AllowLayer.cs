using Portolan.Reachability.Forwarding;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Explaining;

/// <summary>What a forward of Portolan leaves out: senders that its --allow does not name, and a family without a target.</summary>
internal sealed class AllowLayer(ExplainQuestion question, ExplainFacts facts, bool isIPv4)
{
    private readonly List<PortForward> _forwards = facts.Judge is { } judge
        ? [.. PortForwards.OfPortolan(judge.Rules).Where(
            f => f.Port == question.Port && f.Protocol == question.Protocol && IsFor(f, question.Address))]
        : [];

    /// <summary>
    /// Why the kernel leads some of the packets asked about, or all of them, nowhere; <c>null</c> when no forward is the reason.
    /// </summary>
    internal Refusal? OfKernel()
    {
        if (_forwards is not [var forward, ..])
        {
            return null;
        }

        var who = Who(forward);
        if (!(isIPv4 ? forward.TakesIPv4 : forward.TakesIPv6))
        {
            var family = isIPv4 ? "IPv4" : "IPv6";
            return forward.TakesIPv4 || forward.TakesIPv6
                ? new Refusal(
                    $"{who} has no {family} target, and the kernel does not translate between IPv4 and IPv6",
                    $"{who} has no {family} target", $"# give that forward a target with an {family} address, or leave out --kernel",
                    true)
                : new Refusal(
                    $"no target of {who} is up", $"no target of {who} is up",
                    $"# start its target, or see the result of its --check", true);
        }

        return Of(forward.Sources, $"{who} forwards", who, "refused");
    }

    /// <summary>Whom a program that takes connections for a forward resets; <c>null</c> when none that was asked about.</summary>
    internal Refusal? OfProgram(PortOwner owner) => facts.LeadsTo(owner) is { Allow.Count: > 0 } led
        ? Of(led.Allow, $"{Name(led, owner)} takes", Name(led, owner), question.Protocol == TransportProtocol.Tcp ? "reset" : "left out")
        : null;

    private Refusal? Of(IReadOnlyList<AddressPrefix> allow, string subject, string who, string fate)
    {
        if (allow.Count == 0)
        {
            return null;
        }

        var named = IntervalSet.From(
            allow.Where(p => p.Address.IsIPv4 == isIPv4).Select(static p => new Interval(p.Address.Number, p.Last.Number)));
        var asked = question.From?.Addresses ?? IntervalSet.All(isIPv4 ? 32 : 128);
        if (asked.Except(named).IsEmpty)
        {
            return null;
        }

        var list = string.Join(", ", allow);
        var isAll = asked.Intersect(named).IsEmpty;
        var others = question.From is not { Addresses: not null } from
            ? $"others are {fate}"
            : isAll ? $"{from.Text} is not among them" : $"only part of {from.Text} is among them";
        return new Refusal(
            $"{subject} only packets from the senders in its --allow: {list}; {others}",
            question.From is { Addresses: not null } one
                ? $"--allow of {who} does not name {(isAll ? "" : "all of ")}{one.Text}, but {list}"
                : $"--allow of {who} names only {list}",
            question.From is { Addresses: not null } sender
                ? Advice.Of($"# start that forward again with --allow {string.Join(',', [.. allow, sender.AddressText])}")
                : $"# start that forward again with a wider --allow, or without one",
            isAll);
    }

    private string Who(PortForward forward) =>
        $"portolan forward --kernel {forward.Listen}{(facts.ForwardHolder(forward) is { } holder ? $" ({holder})" : "")}";

    private string Name(ForwardTargets led, PortOwner owner) =>
        $"portolan forward {led.Listen} ({(owner.Main is { } main ? $"{main.ShownName} {main.Pid}" : facts.OwnerText(owner))})";

    private static bool IsFor(PortForward forward, InternetAddress? address) =>
        address is not { } to || forward.Address is not { } own || (own.IsUnspecified ? own.IsIPv4 == to.IsIPv4 : own == to);

    /// <summary>Why a forward leaves senders out.</summary>
    /// <param name="Detail">For the step.</param>
    /// <param name="Reason">For the headline.</param>
    /// <param name="Fix">What to do.</param>
    /// <param name="IsOfAll">Whether all who were asked about are left out.</param>
    internal sealed record Refusal(string Detail, string Reason, Advice Fix, bool IsOfAll);
}
