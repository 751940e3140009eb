using Portolan.Packets;

namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>A line of a script from which two hosts made different things.</summary>
/// <param name="Script">The whole script.</param>
/// <param name="Index">Which line.</param>
/// <param name="Kernel">What the kernel made of it.</param>
/// <param name="Stack">What the stack made of it.</param>
/// <param name="HasOverlap">Whether a segment up to here ended before RCV.NXT and not before what the kernel had acknowledged by then, or
/// at RCV.NXT.</param>
/// <param name="StartsLate">Whether a segment up to here started beyond what the kernel had acknowledged by then, and not beyond what the
/// stack had: its timestamp is of use to one.</param>
/// <param name="HasOldAcknowledgment">Whether a segment up to here acknowledged less than one before it.</param>
/// <param name="StackBefore">What the stack had made of the lines before.</param>
internal sealed record ScriptDifference(
    IReadOnlyList<string> Script, int Index, ScriptStep Kernel, ScriptStep Stack, bool HasOverlap, bool StartsLate,
    bool HasOldAcknowledgment, IReadOnlyList<ScriptStep> StackBefore)
{
    /// <summary>The state that the segment came in.</summary>
    internal string State => Stack.Inner;

    internal string Line => Script[Index];

    /// <summary>The letters of the segment's flags; empty where the line is a call.</summary>
    internal string Flags => Line.StartsWith('<') ? Line.Split(' ')[1] : "";

    internal bool IsSyn => Flags.Contains('S');

    internal bool IsReset => Flags.Contains('R');

    internal bool IsFin => Flags.Contains('F');

    internal bool IsAck => Flags.Contains('.');

    /// <summary>Whether the program had closed, so that nobody reads any more.</summary>
    internal bool HasClosed => Script.Take(Index).Any(static line => line is "close");

    /// <summary>Whether an RST came with a timestamp from before the connection, or from long after.</summary>
    internal bool HasResetWithOldTimestamp => Script.Take(Index).Any(static line => line.StartsWith("< R", StringComparison.Ordinal)
        && (line.Contains(" ts=50", StringComparison.Ordinal) || line.Contains(" ts=2147483900", StringComparison.Ordinal)));

    /// <summary>Whether a FIN came, in order or not.</summary>
    internal bool HasEarlierFin => Earlier.Any(static line => line.Split(' ')[1].Contains('F'));

    /// <summary>Whether text came after the peer's FIN, now or before: what the kernel makes of it may show later.</summary>
    internal bool HasTextAfterFin =>
        StackBefore.Append(Stack).Any(static step => step is { Inner: "CLOSE-WAIT" or "CLOSING" or "LAST-ACK", Line: ['<', ..] }
        && (int)(step.Numbers.End - step.Told) > 0 && !step.Line.Split(' ')[1].AsSpan().ContainsAny('R', 'S'));

    /// <summary>Whether an RST came.</summary>
    internal bool HasReset => Earlier.Any(static line => line.Split(' ')[1].Contains('R'));

    /// <summary>Whether anything came that was not the next.</summary>
    internal bool HasGap => Earlier.Any(static line => line.Contains("seq=n+", StringComparison.Ordinal));

    /// <summary>Whether the peer's window was less than it is otherwise.</summary>
    internal bool HasWindow => Earlier.Any(static line => line.Contains(" win=", StringComparison.Ordinal));

    private IEnumerable<string> Earlier => Script.Take(Index + 1).Where(static line => line.StartsWith('<'));

    /// <summary>Whether both ends began.</summary>
    internal bool IsSimultaneous =>
        Script[0] == "connect"
            && Script.Any(static line => line.StartsWith("< S", StringComparison.Ordinal) && !line.Split(' ')[1].Contains('.'));

    /// <summary>Whether a Fast Open cookie that the host had given came back.</summary>
    internal bool HasCookie => Earlier.Any(static line => line.Contains("fo=cookie", StringComparison.Ordinal));

    internal bool KernelResets => Kernel.Segments is [{ Flags: var flags }] && (flags & TcpFlags.Rst) != 0;

    internal bool StackResets => Stack.Segments is [{ Flags: var flags }] && (flags & TcpFlags.Rst) != 0;

    internal bool KernelAcknowledges => Kernel.Segments is [{ IsPureAcknowledgment: true }];

    internal bool StackAcknowledges => Stack.Segments is [{ IsPureAcknowledgment: true }];

    internal bool KernelIsSilent => Kernel.Segments.Count == 0;

    internal bool StackIsSilent => Stack.Segments.Count == 0;

    /// <summary>What calls return is the same, and what state the program sees.</summary>
    internal bool IsOnlyOnTheWire => Kernel.Result == Stack.Result && Kernel.State == Stack.State;

    public override string ToString() => $"""
        {string.Join('\n', Script.Take(Index + 1).Select(static line => "    " + line))}
        in {State} the kernel: {Kernel}
        the stack:  {Stack}
        """;
}
