using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;
using Portolan.Lab.Attaching;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Places;
using Portolan.Lab.Topology;
using Portolan.Linux;
using Portolan.Linux.Namespaces;

namespace Portolan.Server.Lab;

/// <summary>
/// The network namespaces at places of a lab's hosts. Each is made when it is first wanted, and stays as long as the lab.
/// </summary>
/// <remarks>Any thread. The links in them belong to the lab; the namespaces go with the last process and the last handle.</remarks>
internal sealed class PlaceKeeper(VirtualNetwork lab, LabTopology topology) : IDisposable
{
    /// <summary>Places of one lab: each takes a namespace, a thread and an interface.</summary>
    internal const int Most = 256;

    /// <summary>How long a host that asks a DHCP server may take to get its address.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<string, KernelPlace> _places = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The network namespace at the place of a host.</summary>
    /// <exception cref="PortolanException">It cannot be made.</exception>
    internal async Task<KernelPlace> OpenAsync(PlaceChoice choice)
    {
        await _gate.WaitAsync();
        try
        {
            return _places.TryGetValue(choice.Name, out var known) ? known : _places[choice.Name] = Make(choice, await FindAsync(choice));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var place in _places.Values)
        {
            place.Network.Dispose();
        }

        _gate.Dispose();
    }

    private async Task<VantageSpec> FindAsync(PlaceChoice choice)
    {
        if (_places.Count >= Most)
        {
            throw new PortolanException(
                $"commands already run at {Most} hosts of the lab {topology.Name}, the limit", $"restart the lab", ExitCode.Failed);
        }

        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (lab.PlaceOf(choice) is { } place)
            {
                return place;
            }

            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new PortolanException(
                    $"{choice.Name} has no address yet: no DHCP server has assigned one",
                    $"portolan lab show {topology.Name} lists the hosts of the lab", ExitCode.Failed);
            }

            await Task.Delay(Turn);
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The handle is kept by the caller, and the link by the lab.")]
    private KernelPlace Make(PlaceChoice choice, VantageSpec place)
    {
        SafeFileHandle? network = null;
        PlaceServices? services = null;
        try
        {
            NetworkNamespaceThread.RunInNew(() =>
            {
                network = File.OpenHandle("/proc/thread-self/ns/net");
                Set();
                services = lab.Attach(
                    choice, place, LabAttachment.Open(topology with { Vantage = place }, AttachmentKind.Any, TimeProvider.System));
            });
            return new KernelPlace(network!, services!);
        }
        catch (Exception exception) when (exception is LinuxException or NetworkNamespaceException)
        {
            network?.Dispose();
            throw new PortolanException(
                $"no network namespace for {choice.Name}: cannot {exception.Message}",
                $"raise the limit for every user: sudo sysctl user.max_net_namespaces=1000",
                ExitCode.NoPrivilege,
                exception);
        }
    }

    /// <summary>
    /// Closed ports of a lab's host answer each datagram, unless its topology says otherwise; a kernel answers one a second. A FIN that a
    /// busy machine acknowledges twice must not end its sender's TIME-WAIT, for the second time the peer answers with a RST (RFC 1337).
    /// </summary>
    private static void Set()
    {
        foreach (var (setting, value) in (ReadOnlySpan<(string, string)>)[
            ("ipv4/icmp_ratelimit", "0"), ("ipv6/icmp/ratelimit", "0"), ("ipv4/tcp_rfc1337", "1")])
        {
            try
            {
                File.WriteAllText("/proc/sys/net/" + setting, value);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A container shows /proc/sys for reading only: a scan of closed UDP ports of this host is slow then.
            }
        }
    }
}
