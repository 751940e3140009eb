using System.Text;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>A segment that left, with numbers relative to the initial ones.</summary>
/// <param name="Flags">Its flags.</param>
/// <param name="Length">Bytes of its text.</param>
/// <param name="Text">All of it but the window, so that two hosts' can be compared.</param>
/// <param name="Window">The window in bytes.</param>
/// <param name="AcknowledgesNews">Whether it acknowledges more than any before it.</param>
internal sealed record SeenSegment(TcpFlags Flags, int Length, string Text, long Window, bool AcknowledgesNews)
{
    /// <summary>It acknowledges and no more.</summary>
    internal bool IsPureAcknowledgment => Flags == TcpFlags.Ack && Length == 0;

    /// <summary>
    /// Whether another is the same. Windows of SYNs are, those of RSTs say nothing; others count as the same when both are shut or neither,
    /// and none is more than four times the other.
    /// </summary>
    internal bool IsLike(SeenSegment other) =>
        Text == other.Text && ((Flags & TcpFlags.Rst) != 0 || ((Flags & TcpFlags.Syn) != 0 ? Window == other.Window
            : (Window == 0) == (other.Window == 0) && Window <= 4 * other.Window && other.Window <= 4 * Window));

    /// <summary><see cref="IsLike"/>.</summary>
    internal static IEqualityComparer<SeenSegment> Likeness { get; } = EqualityComparer<SeenSegment>.Create(
        static (left, right) => left!.IsLike(right!), static s => s.Text.GetHashCode(StringComparison.Ordinal));

    public override string ToString() => $"{Text} win {Window}";
}

/// <summary>What came of one line of a script.</summary>
/// <param name="Line">The line.</param>
/// <param name="Result">What a call returned; else empty.</param>
/// <param name="State">The state of the program's connection after it.</param>
/// <param name="Told">What the host had acknowledged before it.</param>
/// <param name="Numbers">The first number of a segment that came, the one after its last, and how much further it acknowledges than any
/// before it.</param>
/// <param name="Inner">The state before it, also where the program has no connection, as far as the host tells.</param>
/// <param name="Segments">What left.</param>
internal sealed record ScriptStep(
    string Line, string Result, string State, string Inner, uint Told, (uint Start, uint End, int Acknowledges) Numbers,
    IReadOnlyList<SeenSegment> Segments)
{
    internal bool IsLike(ScriptStep other) => Result == other.Result && State == other.State && HasSegmentsOf(other);

    internal bool HasSegmentsOf(ScriptStep other) =>
        Segments.Count == other.Segments.Count && Segments.Zip(other.Segments).All(static pair => pair.First.IsLike(pair.Second));

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(Result).Append(Result.Length > 0 ? " " : "").Append(State.Length > 0 ? $"({State})" : "");
        foreach (var segment in Segments)
        {
            text.Append("\n      > ").Append(segment);
        }

        return text.Length == 0 ? "nothing" : text.ToString();
    }
}
