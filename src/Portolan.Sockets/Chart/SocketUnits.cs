namespace Portolan.Sockets.Chart;

/// <summary>Names the socket unit through which systemd listens on a port, from the unit files (systemd.socket(5)).</summary>
/// <remarks>
/// The kernel only says that process 1 holds the socket, and systemd's bus is not asked. The files are read when the first such
/// socket is met. Two units for one port cannot both run, so the first file found is the right one.
/// </remarks>
public sealed class SocketUnits
{
    /// <summary>Where unit files are, the more important first (systemd.unit(5), "Unit File Load Path").</summary>
    private static readonly string[] UnitPaths =
    [
        "/etc/systemd/system",
        "/run/systemd/system",
        "/run/systemd/generator",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ];

    private readonly Lazy<Dictionary<(TransportProtocol, PortNumber), string>> _units;
    private readonly HashSet<string> _accepting = new(StringComparer.Ordinal);

    /// <summary>Reads from the usual places, or from those given.</summary>
    public SocketUnits(IReadOnlyList<string>? paths = null) =>
        _units = new Lazy<Dictionary<(TransportProtocol, PortNumber), string>>(() => Read(paths ?? UnitPaths, _accepting));

    /// <summary>The unit, such as <c>ssh.socket</c>, or <c>null</c>.</summary>
    public string? Find(TransportProtocol protocol, PortNumber port) => _units.Value.GetValueOrDefault((protocol, port));

    /// <summary>
    /// Whether a unit starts a service of its own for each connection, as <c>echo.socket</c> with Accept=yes starts <c>echo@….service</c>.
    /// </summary>
    public bool StartsOneForEach(string unit) => _units.Value.Count > 0 && _accepting.Contains(unit);

    /// <summary>What the last line says that has Accept=; <c>null</c> without one.</summary>
    internal static bool? ParseAccept(string text)
    {
        bool? accepts = null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var equals = line.IndexOf('=');
            if (equals > 0 && line[..equals].Trim() is "Accept")
            {
                accepts = line[(equals + 1)..].Trim() is "yes" or "true" or "on" or "1" or "y" or "t";
            }
        }

        return accepts;
    }

    /// <summary>Adds the ports that a unit file or drop-in listens on; an empty value takes back what came before.</summary>
    internal static void Parse(string text, List<(TransportProtocol Protocol, PortNumber Port)> ports)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var equals = line.IndexOf('=');
            if (equals < 0)
            {
                continue;
            }

            TransportProtocol? protocol = line[..equals].Trim() switch
            {
                "ListenStream" => TransportProtocol.Tcp,
                "ListenDatagram" => TransportProtocol.Udp,
                _ => null,
            };
            var value = line[(equals + 1)..].Trim();
            if (protocol is { } known && value.IsEmpty)
            {
                ports.RemoveAll(p => p.Protocol == known);
            }
            else if (protocol is { } listening && PortNumber.TryParse(value[(value.LastIndexOf(':') + 1)..], out var port))
            {
                // 22, 127.0.0.1:22 and [::]:22; a path of a Unix socket ends in no number after a colon.
                ports.Add((listening, port));
            }
        }
    }

    private static Dictionary<(TransportProtocol, PortNumber), string> Read(IReadOnlyList<string> paths, HashSet<string> accepting)
    {
        var found = new Dictionary<(TransportProtocol, PortNumber), string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in paths.Where(Directory.Exists))
        {
            foreach (var file in Files(path, "*.socket"))
            {
                var name = Path.GetFileName(file);
                if (!seen.Add(name))
                {
                    continue;
                }

                var ports = new List<(TransportProtocol, PortNumber)>();
                bool? accepts = null;
                foreach (var part in paths.Reverse().SelectMany(p => Files(Path.Combine(p, $"{name}.d"), "*.conf")).Prepend(file))
                {
                    var text = ReadText(part);
                    Parse(text, ports);
                    accepts = ParseAccept(text) ?? accepts;
                }

                if (accepts == true)
                {
                    accepting.Add(name);
                }

                foreach (var port in ports)
                {
                    found.TryAdd(port, name);
                }
            }
        }

        return found;
    }

    private static IEnumerable<string> Files(string directory, string pattern)
    {
        try
        {
            return Directory.Exists(directory) ? Directory.GetFiles(directory, pattern).Order(StringComparer.Ordinal) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
