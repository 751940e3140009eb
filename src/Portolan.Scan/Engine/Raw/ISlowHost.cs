using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>One host whose ports of a protocol are probed apart from the passes, in rounds of its own.</summary>
/// <remarks>Times are nanoseconds handed in; ports are the host's port numbers.</remarks>
internal interface ISlowHost
{
    /// <summary>The host's number.</summary>
    int Host { get; }

    /// <summary>The round that runs; its attempt's number.</summary>
    int Round { get; }

    /// <summary>Rounds in which silent ports were asked.</summary>
    int Rounds { get; }

    /// <summary>What was lost, by rounds of its own.</summary>
    LossCounts Counts { get; }

    /// <summary>Answers were held back: too many were asked for at once.</summary>
    bool WasHeldBack { get; }

    /// <summary>A port known to answer did not any more: silence tells nothing.</summary>
    bool IsUnproved { get; }

    /// <summary>Ports that stayed silent; when <see cref="IsDone"/>.</summary>
    int Silent { get; }

    /// <summary>The rounds are over.</summary>
    bool IsDone { get; }

    /// <summary>Probes whose answers are waited for.</summary>
    int InFlight { get; }

    /// <summary>Several probes may go out at once.</summary>
    bool SendsTogether { get; }

    /// <summary>
    /// All that was counted, the answers to the passes before the first round among it; only where these asked once, and nothing was held
    /// back.
    /// </summary>
    LossCounts? CountsWithPass(int answeredInPass);

    /// <summary>When there is something to do: a probe to send, or a wait that ends.</summary>
    long DueAt(long wait);

    /// <summary>The next probe, when its time has come.</summary>
    bool TryNext(long now, out int port);

    /// <summary>A probe did not leave this host: it is asked again.</summary>
    void TakeBack(int port);

    /// <summary>An answer came.</summary>
    /// <param name="port">The port.</param>
    /// <param name="isClosed">It says that the port is closed, so the port may serve for control probes.</param>
    /// <returns>When the probe was sent, or -1 when none was waited for.</returns>
    long OnAnswer(int port, bool isClosed);

    /// <summary>Waits run out; rounds end.</summary>
    void Advance(long now, long wait);
}
