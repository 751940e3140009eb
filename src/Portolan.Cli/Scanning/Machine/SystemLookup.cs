using System.Net;
using System.Net.Sockets;
using Portolan.Model;
using Portolan.Scan.Names;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>Asks the system's resolver (getaddrinfo), which knows the hosts file and whatever else this machine is set up with.</summary>
internal sealed class SystemLookup : INameLookup
{
    /// <inheritdoc/>
    public async Task<NameAnswer> LookUpAsync(string name, AddressFamilies families, CancellationToken cancellation)
    {
        try
        {
            var found = await Dns.GetHostAddressesAsync(name, cancellation);
            var addresses = new List<InternetAddress>(found.Length);
            foreach (var family in (ReadOnlySpan<AddressFamily>)[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
            {
                foreach (var address in found)
                {
                    if (address.AddressFamily == family && families.HasFlag(family == AddressFamily.InterNetwork ? AddressFamilies.IPv4 : AddressFamilies.IPv6))
                    {
                        addresses.Add(InternetAddress.From(address));
                    }
                }
            }

            return new NameAnswer(name, addresses, addresses.Count > 0 ? null : "it has no address");
        }
        catch (SocketException e)
        {
            return new NameAnswer(name, [], e.SocketErrorCode == SocketError.HostNotFound ? "no such name" : $"the name could not be looked up: {e.Message}");
        }
    }
}
