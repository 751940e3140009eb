using Portolan.Scan.Targets;

namespace Portolan.Scan.Results;

/// <summary>Hears what a scan finds, as it finds it. All calls come one after another, from one thread at a time.</summary>
public interface IScanObserver
{
    /// <summary>First: what will be done, how and why so.</summary>
    void Started(ScanStart run);

    /// <summary>A host is up, or (with <c>-v</c> or <c>-sn</c>) down.</summary>
    void HostFound(HostResult host);

    /// <summary>A port has its state. Ports that stay silent are told when their host is finished.</summary>
    void PortFound(Target target, in PortResult port);

    /// <summary>A host is done. Hosts of a group come in the order of their addresses.</summary>
    void HostFinished(HostReport report);

    /// <summary>About twice a second.</summary>
    void Progress(ScanProgress progress);

    /// <summary>Something a person should know, once: a limit reached, frames of our own lost, a host with limited replies.</summary>
    void Warning(string message);

    /// <summary>Last, also after an interruption.</summary>
    void Ended(ScanEnd balance);
}
