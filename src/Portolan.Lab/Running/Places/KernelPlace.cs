using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Namespaces;

namespace Portolan.Lab.Running.Places;

/// <summary>The network namespace at the place of a host.</summary>
/// <param name="Network">It; it stays open as long as the lab runs.</param>
/// <param name="Services">The host's services there.</param>
internal sealed record KernelPlace(SafeFileHandle Network, PlaceServices Services)
{
    /// <summary>Runs what opens sockets there, on a thread of its own. They may be used from any thread.</summary>
    internal void Run(Action body) =>
        NetworkNamespaceThread.Run($"/proc/self/fd/{Network.DangerousGetHandle()}", body);
}
