using Portolan.Scan.Targets;

namespace Portolan.Scan.Results;

/// <summary>Hears what a scan finds, as it finds it. All calls come one after another, from one thread at a time.</summary>
public interface IScanObserver
{
    /// <summary>First: what will be done, how and why so.</summary>
    void Started(ScanStart run);

    /// <summary>A host is up: early news. Every host told here is reported again by <see cref="HostFinished"/>.</summary>
    void HostFound(HostResult host);

    /// <summary>
    /// A port has its state. Every open port is reported here, once and before its host is finished; other states may be. Ports that stay
    /// silent are only in the host's report.
    /// </summary>
    void PortFound(Target target, in PortResult port);

    /// <summary>
    /// A host is done. Hosts of a group come in the order of their addresses. Told for every host that discovery judged and, of a list
    /// (<c>-sL</c>), for every target; formats choose which of them they show.
    /// </summary>
    void HostFinished(HostReport report);

    /// <summary>About twice a second.</summary>
    void Progress(ScanProgress progress);

    /// <summary>Something a person should know, once: a limit reached, frames of our own lost, a host with limited replies.</summary>
    void Warning(string message);

    /// <summary>Last, also after an interruption.</summary>
    void Ended(ScanEnd balance);
}
