using Portolan.Model;

namespace Portolan.Scan.Names;

/// <summary>
/// The names and addresses of <c>/etc/hosts</c> (hosts(5)): an address and its names on each line, the first being its true name.
/// </summary>
public sealed class HostsFile
{
    private readonly Dictionary<string, List<InternetAddress>> _addresses = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<InternetAddress, string> _names = [];

    /// <summary>A file without names.</summary>
    public static HostsFile Empty { get; } = new("", "");

    /// <summary>Reads a text. Lines that are none of the format are skipped.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">Where it is from, for messages.</param>
    public HostsFile(string text, string path)
    {
        ArgumentNullException.ThrowIfNull(text);
        Path = path;
        foreach (var line in text.Split('\n'))
        {
            var hash = line.IndexOf('#', StringComparison.Ordinal);
            var words = (hash < 0 ? line : line[..hash]).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !TryParse(words[0], out var address))
            {
                continue;
            }

            _names.TryAdd(address, words[1]);
            foreach (var name in words.AsSpan(1))
            {
                if (!_addresses.TryGetValue(name, out var addresses))
                {
                    _addresses.Add(name, addresses = []);
                }

                if (!addresses.Contains(address))
                {
                    addresses.Add(address);
                }
            }
        }
    }

    /// <summary>Where it is from.</summary>
    public string Path { get; }

    /// <summary>How many names it has.</summary>
    public int Count => _addresses.Count;

    /// <summary>The addresses of a name in any case, of the wanted families; empty when it has none.</summary>
    public IReadOnlyList<InternetAddress> Find(string name, AddressFamilies families)
        => _addresses.TryGetValue(name, out var addresses)
            ? addresses.FindAll(address => families.HasFlag(address.IsIPv4 ? AddressFamilies.IPv4 : AddressFamilies.IPv6))
            : [];

    /// <summary>The first name of an address, or <c>null</c>.</summary>
    public string? NameOf(InternetAddress address) => _names.GetValueOrDefault(address);

    // A zone (fe80::1%lo0) is for the interface it names and is left out here.
    private static bool TryParse(string text, out InternetAddress address)
    {
        var percent = text.IndexOf('%', StringComparison.Ordinal);
        return InternetAddress.TryParse(percent < 0 ? text : text.AsSpan(0, percent), out address);
    }
}
