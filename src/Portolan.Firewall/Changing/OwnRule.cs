using System.Text;

namespace Portolan.Firewall.Changing;

/// <summary>One of Portolan's own rules, as a person asked for it.</summary>
/// <param name="Number">Its number, from 1; given once and never again while the table lives.</param>
/// <param name="Action">What it does.</param>
/// <param name="Scope">With which packets.</param>
public sealed record OwnRule(int Number, OwnAction Action, RuleScope Scope)
{
    /// <summary>How many new connections an <see cref="OwnAction.Allow"/> lets in, or <c>null</c> for all.</summary>
    public RuleRate? Rate { get; init; }

    /// <summary>Senders whom <see cref="Rate"/> does not count: who made the rule must not be kept out by it.</summary>
    public AddressChoice Uncounted { get; init; } = AddressChoice.Any;

    /// <summary>How long it was asked to last, or <c>null</c> until it is taken back.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>How long the kernel will keep it on, or <c>null</c> when no time ends it.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>What the kernel was told when it was put on, where a time ends it. <see cref="Remaining"/> counts down from here.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long a pending change keeps it off, or <c>null</c> when it is not kept off.</summary>
    public TimeSpan? PausedFor { get; init; }

    /// <summary>Packets and bytes that it decided, so far; in the order of its kernel rules.</summary>
    public IReadOnlyList<RuleCount> Counts { get; init; } = [];

    /// <summary>The rule as the command that makes it, such as <c>allow 5432/tcp --from 203.0.113.0/28 --for 10m</c>.</summary>
    public string Words
    {
        get
        {
            if (Action == OwnAction.Close)
            {
                return Action.Word();
            }

            var text = new StringBuilder($"{Action.Word()} {Scope.PortWords}");
            Append(text, "--from", Scope.From.IsAny ? null : Scope.From.ToString());
            Append(text, "--to", Scope.To.IsAny ? null : Scope.To.ToString());
            Append(text, "--iface", Scope.Interface);
            Append(text, "--rate", Rate?.Words);
            Append(text, "--uncounted", Uncounted.IsAny ? null : Uncounted.ToString());
            Append(text, "--for", Lifetime is { } time ? DurationText.Format(time) : null);
            return text.ToString();
        }
    }

    /// <summary>
    /// The rule with a rate that does not count who makes it, by the address that one comes from; unless others were named whom it does not
    /// count.
    /// </summary>
    /// <param name="origin">Where from.</param>
    public OwnRule CountingNotFor(ChangeOrigin origin) =>
        Rate is not null && Uncounted.IsAny && origin is { Kind: ChangeOriginKind.Network } && Scope.From.Contains(origin.RemoteAddress)
            && AddressChoice.TryParse(origin.RemoteAddress.Unmap().ToString(), out var address, out _)
            ? this with { Uncounted = address }
            : this;

    /// <summary>Whether it does the same with the same packets, whatever its number and however long.</summary>
    public bool DoesSameAs(OwnRule other) =>
        Action == other.Action && Rate == other.Rate && Uncounted == other.Uncounted && Scope.IsSameAs(other.Scope);

    private static void Append(StringBuilder text, string option, string? value)
    {
        if (value is not null)
        {
            text.Append(' ').Append(option).Append(' ').Append(value);
        }
    }
}

/// <summary>What a kernel rule counted.</summary>
/// <param name="Packets">Packets.</param>
/// <param name="Bytes">Their bytes.</param>
public readonly record struct RuleCount(ulong Packets, ulong Bytes);
