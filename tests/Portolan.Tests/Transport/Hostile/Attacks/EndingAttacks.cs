using Portolan.Packets;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Ends that do not come.</summary>
internal static class EndingAttacks
{
    private const int Steps = 2000;

    internal static IEnumerable<Attack> All() =>
    [
        // The victim closes, with data on their way; nothing is acknowledged.
        new(
            "peers who vanish in FIN-WAIT-1", static w => w.Forget(w.AddPuppet(HostileWorld.Ending)),
            static w => w.Victim.Tcp.Counters.Retransmissions) { Steps = Steps },
        new("peers who never close in FIN-WAIT-2", static w =>
        {
            var puppet = w.AddPuppet(HostileWorld.Leaving);
            puppet.Acknowledge(puppet.Heard);
            w.Forget(puppet);
        }, static w => w.Victim.Tcp.Counters.PassiveOpens) { Steps = Steps },
        new("TIME-WAIT without end", static w =>
        {
            var puppet = w.AddPuppet(HostileWorld.Leaving);
            puppet.Send(TcpFlags.Ack | TcpFlags.Fin, puppet.Next, puppet.Heard);
            w.Forget(puppet);
        }, static w => w.Victim.Tcp.TimeWaitCount) { Steps = Steps },
        new("peers who vanish in LAST-ACK", static w =>
        {
            var puppet = w.AddPuppet(HostileWorld.Reading);
            puppet.Send(TcpFlags.Ack | TcpFlags.Fin, puppet.Next, puppet.Heard);
            w.Forget(puppet);
        }, static w => w.Victim.Tcp.Counters.Retransmissions) { Steps = Steps },
    ];
}
