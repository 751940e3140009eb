using Portolan.Sockets.Naming;

namespace Portolan.Sockets.Documents;

/// <summary>What runs behind a port: <c>identified</c>. An unreported fact is <c>null</c>. Hostile text.</summary>
/// <param name="Name">The word for it.</param>
/// <param name="Source">Who says so: see <see cref="ServiceSourceNames"/>.</param>
/// <param name="Claimed">Whether the user who started the process may have chosen the name.</param>
/// <param name="Protocol">The protocol, by IANA's name where it has one.</param>
/// <param name="Product">The product.</param>
/// <param name="Version">Its version.</param>
/// <param name="Info">What else is worth a line.</param>
/// <param name="Os">The operating system that a reply names.</param>
/// <param name="Hostname">The host name that a reply names.</param>
/// <param name="Cpe">Names of the product in the Common Platform Enumeration.</param>
/// <param name="Tunnel"><c>ssl</c> where the protocol was spoken inside TLS.</param>
/// <param name="Confidence">How certain it is, 1 to 10.</param>
public sealed record RunningRecord(
    string Name, string Source, bool Claimed, string? Protocol, string? Product, string? Version, string? Info, string? Os,
    string? Hostname, IReadOnlyList<string> Cpe, string? Tunnel, int Confidence)
{
    /// <summary>What runs, as documents have it; <c>null</c> where nothing but the number says so.</summary>
    public static RunningRecord? Of(RunningService? running) => running is null ? null : new RunningRecord(
        running.Label, running.Source.Name(), running.IsClaimed, running.Protocol, running.Product, running.Version, running.Info,
        running.OperatingSystem, running.HostName, running.Cpes, running.Tunnel, running.Confidence);
}
