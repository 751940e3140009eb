using System.Text;
using Portolan.Model;

namespace Portolan.Cli.Listing;

/// <summary>Which parts of an endpoint are shown by name.</summary>
/// <param name="Ports">Whether a port the registry knows is shown by its service name.</param>
/// <param name="Hosts">Names of addresses as a terminal may see them; addresses that are not in it stay numbers.</param>
internal sealed record EndpointNames(bool Ports, IReadOnlyDictionary<InternetAddress, byte[]> Hosts)
{
    /// <summary>No names of addresses.</summary>
    public static IReadOnlyDictionary<InternetAddress, byte[]> NoHosts { get; } = new Dictionary<InternetAddress, byte[]>();

    /// <summary>Makes names from outside safe to show.</summary>
    public static EndpointNames From(bool ports, IReadOnlyDictionary<InternetAddress, string> hosts)
    {
        var safe = new Dictionary<InternetAddress, byte[]>(hosts.Count);
        foreach (var (address, name) in hosts)
        {
            safe.Add(address, Encoding.UTF8.GetBytes(TerminalText.Escape(name)));
        }

        return new EndpointNames(ports, safe);
    }
}
