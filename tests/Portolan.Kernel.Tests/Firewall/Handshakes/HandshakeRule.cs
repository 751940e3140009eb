namespace Portolan.Kernel.Tests.Firewall.Handshakes;

/// <summary>A rule and where it stands.</summary>
/// <param name="Type">The type of its base chain: <c>filter</c> or <c>nat</c>.</param>
/// <param name="Hook">The hook.</param>
/// <param name="Priority">The priority there.</param>
/// <param name="Text">The rule, which is about one port's connections alone.</param>
internal sealed record HandshakeRule(string Type, string Hook, int Priority, string Text);

/// <summary>Rules of one port.</summary>
/// <param name="Seed">What they were made of.</param>
/// <param name="IsOutgoing">Whether the judged host makes the connections.</param>
/// <param name="Rules">The rules, in order.</param>
internal sealed record HandshakeDraft(int Seed, bool IsOutgoing, IReadOnlyList<HandshakeRule> Rules)
{
    /// <summary>One rule fewer, in every way.</summary>
    public IEnumerable<HandshakeDraft> Smaller() => Rules.Select((_, i) => this with { Rules = [.. Rules.Where((_, at) => at != i)] });

    /// <summary>Whether packets of that hook carry the port as the one they go to.</summary>
    public bool IsTowards(string hook) => IsOutgoing == hook is "output" or "postrouting";

    public override string ToString() =>
        $"seed {Seed}, {(IsOutgoing ? "outgoing" : "incoming")}:\n"
            + $"{string.Concat(Rules.Select(static r => $"  {r.Type} {r.Hook} {r.Priority}: {r.Text}\n"))}";
}
