using System.Globalization;
using System.Text;
using Portolan.Packets;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>
/// Who made an Ethernet interface, by the first three bytes of its address: IEEE's registry (<c>oui.txt</c>), where the machine has it
/// (Debian: ieee-data).
/// </summary>
/// <remarks>
/// The file is read when the first address is looked up, and each maker is searched once: a vectorized search of 5 MB takes less than a
/// table of its 38,000
/// lines.
/// </remarks>
/// <param name="paths">Where it may lie; the first that can be read is taken.</param>
internal sealed class HardwareVendors(params IReadOnlyList<string> paths)
{
    private const long MaxLength = 64 << 20;

    private readonly Dictionary<uint, string?> _known = [];
    private readonly Lock _gate = new();
    private byte[]? _registry;

    /// <summary>The registry of this machine.</summary>
    public static HardwareVendors System { get; } = new("/usr/share/ieee-data/oui.txt", "/var/lib/ieee-data/oui.txt");

    /// <summary>
    /// The maker; <c>null</c> when the registry is not there or does not name one, and for addresses that the host made up itself.
    /// </summary>
    public string? NameOf(MacAddress address)
    {
        var prefix = (uint)(address.Value >> 24);

        // IEEE 802, section 8.2: the second bit of the first byte says that the address is administered locally.
        if ((prefix & 0x2_0000) != 0)
        {
            return null;
        }

        lock (_gate)
        {
            if (!_known.TryGetValue(prefix, out var name))
            {
                name = Find(prefix);
                _known.Add(prefix, name);
            }

            return name;
        }
    }

    // Such as "00-00-0C   (hex)\t\tCisco Systems, Inc".
    private string? Find(uint prefix)
    {
        _registry ??= Read();
        var key = string.Create(CultureInfo.InvariantCulture, $"{prefix >> 16:X2}-{(prefix >> 8) & 0xff:X2}-{prefix & 0xff:X2}");
        var at = _registry.AsSpan().IndexOf(Encoding.ASCII.GetBytes(key));
        if (at < 0)
        {
            return null;
        }

        var line = _registry.AsSpan(at + key.Length);
        var end = line.IndexOfAny((byte)'\r', (byte)'\n');
        var text = Encoding.UTF8.GetString(end < 0 ? line : line[..end]);
        var name = text.Replace("(hex)", "", StringComparison.Ordinal).Trim();
        return name.Length == 0 ? null : name;
    }

    private byte[] Read()
    {
        foreach (var path in paths)
        {
            try
            {
                if (new FileInfo(path) is { Exists: true, Length: <= MaxLength })
                {
                    return File.ReadAllBytes(path);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The next one.
            }
        }

        return [];
    }
}
