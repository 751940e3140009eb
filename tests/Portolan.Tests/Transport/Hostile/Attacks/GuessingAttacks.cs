using Portolan.Packets;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>
/// Segments in the good peer's name, by those who do not see its connection (RFC 5961), and segments about no connection.
/// </summary>
internal static class GuessingAttacks
{
    private static readonly byte[] Payload = [.. Enumerable.Repeat((byte)'!', 1000)];

    internal static IEnumerable<Attack> All() =>
        [Acknowledgments(), OldAcknowledgments(), Resets(), Syns(), Data(), Stray(), ClosedPorts()];

    private static Attack Acknowledgments() => new(
        "acknowledgments of what was never sent",
        static w => Forged(w, TcpFlags.Ack, Inside(w), w.StreamAtVictim!.Core.SendNext.Value + 1_000_000 + (uint)w.Random.Next(1 << 30)),
        static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.BadAcknowledgment));

    private static Attack OldAcknowledgments() => new(
        "acknowledgments of long ago",
        static w =>
            Forged(w, TcpFlags.Ack, Inside(w), w.StreamAtVictim!.Core.SendUnacknowledged.Value - (1 << 30) - (uint)w.Random.Next(1 << 29)),
        static w => w.Victim.Tcp.Counters.Challenges);

    private static Attack Resets() => new(
        "blind resets",
        static w => Forged(w, TcpFlags.Rst, w.Random.Next(2) == 0 ? (uint)w.Random.NextInt64() : Inside(w) + 1, 0),
        static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.InexactReset));

    private static Attack Syns() => new(
        "blind SYNs",
        static w => Forged(w, TcpFlags.Syn, w.Random.Next(2) == 0 ? (uint)w.Random.NextInt64() : Inside(w), 0),
        static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.SynInWindow));

    private static Attack Data() => new(
        "blind data",
        static w => Forged(
            w, TcpFlags.Ack | TcpFlags.Psh, w.Random.Next(2) == 0 ? (uint)w.Random.NextInt64() : Inside(w),
            w.StreamAtVictim!.Core.SendNext.Value + (uint)w.Random.NextInt64(1 << 20, 1L << 31), Payload),
        static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.OutsideWindow));

    private static Attack Stray() => new("resets at a listener", static w => w.Strike(Forge.Segment(
        Forge.Stranger((int)w.Strikes), 2000, HostileWorld.Victim4, 80, TcpFlags.Rst, (uint)w.Strikes)),
        static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.UselessToListener));

    private static Attack ClosedPorts() => new("segments for closed ports", static w => w.Strike(Forge.Segment(
        Forge.Stranger((int)w.Strikes), 2000, HostileWorld.Victim4, HostileWorld.Closed, w.Strikes % 2 == 0 ? TcpFlags.Syn : TcpFlags.Ack,
        (uint)w.Strikes, 1)),
        static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.ClosedPort));

    /// <summary>A number in the window of the stream, and not the next one.</summary>
    private static uint Inside(HostileWorld w) => w.StreamAtVictim!.Core.ReceiveNext.Value + 1 + (uint)w.Random.Next(10_000);

    private static void Forged(HostileWorld w, TcpFlags flags, uint sequence, uint acknowledgment, byte[]? payload = null) =>
        w.Strike(Forge.Segment(
        HostileWorld.Good4, w.Stream!.LocalPort.Value, HostileWorld.Victim4, w.Stream.RemotePort.Value, flags, sequence, acknowledgment,
        payload: payload));
}
