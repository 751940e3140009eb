using Portolan.Packets.Links;
using Portolan.Scan.Pacing;
using Portolan.Scan.Probes;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Scan.Engine.Raw;

/// <summary>What all stages of a raw prober share.</summary>
internal sealed class RawContext
{
    /// <summary>Routes, neighbours, links.</summary>
    public required INetwork Network { get; init; }

    /// <summary>The open links.</summary>
    public required RawLinks Links { get; init; }

    /// <summary>What is to be done.</summary>
    public required ScanSettings Settings { get; init; }

    public required RawClock Clock { get; init; }

    /// <summary>The balance.</summary>
    public required RawCounters Counters { get; init; }

    /// <summary>The cookies of this run.</summary>
    public required ProbeCookies Cookies { get; init; }

    /// <summary>Our ports.</summary>
    public required SourcePorts Ports { get; init; }

    /// <summary>What probes look like.</summary>
    public required ProbeStyle Style { get; init; }

    /// <summary>What UDP probes say.</summary>
    public required UdpPayloads Payloads { get; init; }

    /// <summary>What replies say.</summary>
    public required ReplyClassifier Classifier { get; init; }

    /// <summary>The driving thread's own sender.</summary>
    public required RawSender Sender { get; init; }

    /// <summary>Further threads that may send when the rate asks for it; 0 for none.</summary>
    public required int SenderThreads { get; init; }

    /// <summary>See <see cref="RawProberOptions.SendsControlProbes"/>.</summary>
    public required bool SendsControlProbes { get; init; }

    /// <summary>The senders of those threads that were opened so far.</summary>
    public List<RawSender> ThreadSenders { get; } = [];

    /// <summary>
    /// The sender of one of those threads; kept for later passes and groups, for opening and closing one takes milliseconds.
    /// </summary>
    public RawSender ThreadSender(int index)
    {
        if (index == ThreadSenders.Count)
        {
            ThreadSenders.Add(new RawSender(Links, Counters));
        }

        return ThreadSenders[index];
    }

    /// <summary>Bounds of the wait for a reply.</summary>
    public RttBounds Bounds =>
        new(Settings.Timing.MinRoundTripTimeout, Settings.Timing.InitialRoundTripTimeout, Settings.Timing.MaxRoundTripTimeout);
}
