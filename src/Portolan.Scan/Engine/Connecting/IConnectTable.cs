using Portolan.Packets.Links;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>One attempt to make: a host of the group and a port.</summary>
/// <param name="Host">The host's number in the group.</param>
/// <param name="Slot">What the table knows the port by.</param>
/// <param name="Port">The protocol and port.</param>
internal readonly record struct ConnectProbe(int Host, int Slot, ProbePort Port);

/// <summary>What a stage probes, by position, and what an outcome means for it. Any thread.</summary>
internal interface IConnectTable
{
    /// <summary>Positions of a pass.</summary>
    ulong Positions { get; }

    /// <summary>How long connections are kept to hear what the peer says first; zero for not at all.</summary>
    TimeSpan GreetingWait => TimeSpan.Zero;

    /// <summary>The probe at a position; <c>false</c> when it needs none (any more).</summary>
    bool TryGet(ulong position, out ConnectProbe probe);

    /// <summary>Takes an outcome that is an answer.</summary>
    /// <returns>Whether it is the probe's first.</returns>
    bool Answer(in ConnectProbe probe, in ConnectOutcome outcome);

    /// <summary>Takes what the peer said first, after the answer: the reply, empty where it said nothing.</summary>
    void Greet(in ConnectProbe probe, in ConnectOutcome outcome)
    {
    }

    /// <summary>No caller waits any more for what the peer of a probe may say: it has answered, and said what it says.</summary>
    void Finish(in ConnectProbe probe)
    {
    }

    /// <summary>The probe could not leave this host, also not when it was tried again.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="wholeHost">No probe to the host can.</param>
    void CouldNotSend(in ConnectProbe probe, bool wholeHost);
}
