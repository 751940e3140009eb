using System.Text;

namespace Portolan.Model.Registry;

/// <summary>IANA's Service Name and Transport Protocol Port Number Registry (RFC 6335).</summary>
/// <remarks>
/// Immutable and safe to use from any thread. <see cref="BuiltIn"/> lies in the program's read-only data: making it costs nothing, and
/// a page of it is read from disk when a lookup first touches it. The lookups that return spans allocate nothing; those that return
/// <see cref="ServiceEntry"/> make strings and are for commands.
/// </remarks>
public sealed partial class ServiceRegistry
{
    private readonly byte[]? _file;
    private readonly int _numbersLength;

    private ServiceRegistry(byte[]? file, int numbersLength)
    {
        _file = file;
        _numbersLength = numbersLength;
    }

    /// <summary>The registry that the program was built with; <c>data/README.md</c> says from what.</summary>
    public static ServiceRegistry BuiltIn { get; } = new(file: null, 0);

    /// <summary>Whether this is <see cref="BuiltIn"/>.</summary>
    public bool IsBuiltIn => _file is null;

    /// <summary>The date of the newest fact in the registry.</summary>
    public DateOnly AsOf => DateOnly.FromDayNumber(Table.AsOfDay);

    /// <summary>The protocols that have entries, in the order in which entries are returned.</summary>
    public static IReadOnlyList<TransportProtocol> Protocols { get; } =
        [TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp, TransportProtocol.Dccp];

    private RegistryTable Table => _file is null
        ? new RegistryTable(BuiltInTable.Numbers, BuiltInTable.Text)
        : new RegistryTable(_file.AsSpan(0, _numbersLength), _file.AsSpan(_numbersLength));

    /// <summary>
    /// The name for a listing as UTF-8, such as <c>https</c> for 443/tcp; empty when the port has none. Allocates nothing.
    /// </summary>
    /// <remarks>IANA's first name of the port, except where <see cref="ServiceEntry.ListingName"/> says otherwise.</remarks>
    public ReadOnlySpan<byte> PrimaryName(PortNumber port, TransportProtocol protocol)
    {
        if (protocol is TransportProtocol.Tcp or TransportProtocol.Udp or TransportProtocol.UdpLite)
        {
            var which = protocol == TransportProtocol.Tcp ? 0 : 1;
            return _file is null
                ? RegistryTable.ListingName(BuiltInTable.Numbers, BuiltInTable.Text, port.Value, which)
                : RegistryTable.ListingName(_file.AsSpan(0, _numbersLength), _file.AsSpan(_numbersLength), port.Value, which);
        }

        var table = Table;
        var wanted = protocol.ToRegistry();
        var (start, end) = table.ReferencesOf(port.Value);
        for (var i = start; i < end; i++)
        {
            var record = table.Reference(i);
            if ((table.Protocols(record) & wanted) != 0 && table.PackedName(record) != 0)
            {
                return table.Name(record);
            }
        }

        return default;
    }

    /// <summary>The name for a listing, or <c>null</c>. Allocates the string.</summary>
    public string? PrimaryNameText(PortNumber port, TransportProtocol protocol)
    {
        var name = PrimaryName(port, protocol);
        return name.IsEmpty ? null : Encoding.UTF8.GetString(name);
    }

    /// <summary>Assigned, reserved or unassigned; a port in no record is unassigned. Allocates nothing.</summary>
    public ServiceStatus StatusOf(PortNumber port, TransportProtocol protocol)
    {
        var table = Table;
        var wanted = protocol.ToRegistry();
        var status = ServiceStatus.Unassigned;
        var (start, end) = table.ReferencesOf(port.Value);
        for (var i = start; i < end; i++)
        {
            var record = table.Reference(i);
            if ((table.Protocols(record) & wanted) != 0 && table.Status(record) > status)
            {
                status = table.Status(record);
            }
        }

        return status;
    }

    /// <summary>The port, or range, that a service name or alias stands for, without regard to case. Allocates nothing.</summary>
    /// <remarks>Of several ports with the name, the lowest.</remarks>
    public bool TryFindPort(ReadOnlySpan<char> name, TransportProtocol protocol, out PortRange ports)
    {
        ports = default;
        Span<byte> folded = stackalloc byte[64];
        if (!TryFold(name, ref folded))
        {
            return false;
        }

        var table = Table;
        var wanted = protocol.ToRegistry();
        var found = table.RecordOfName(folded);
        if (found >= 0 && (table.Protocols(found) & wanted) == 0)
        {
            // Another record of the name may have the protocol.
            for (var i = FirstByName(table, folded); ; i++)
            {
                found = i < table.NamedCount ? table.RecordByName(i) : -1;
                if (found < 0 || RegistryText.Compare(table.Name(found), folded) != 0)
                {
                    return false;
                }

                if ((table.Protocols(found) & wanted) != 0)
                {
                    break;
                }
            }
        }

        ports = found < 0 ? default : RangeOf(table, found);
        return found >= 0;
    }

    /// <summary>Every entry of a port: one per protocol and range that covers it, the single port before ranges.</summary>
    /// <param name="port">The port.</param>
    /// <param name="protocol">Only this protocol; <c>null</c> for all.</param>
    /// <returns>Empty when no record covers the port: it is unassigned (see <see cref="Describe"/>).</returns>
    public IReadOnlyList<ServiceEntry> Find(PortNumber port, TransportProtocol? protocol = null)
    {
        var entries = new List<ServiceEntry>();
        var table = Table;
        var (start, end) = table.ReferencesOf(port.Value);
        for (var i = start; i < end; i++)
        {
            AddGroup(entries, table, table.Reference(i), protocol);
        }

        return entries;
    }

    /// <summary>Every entry that covers a port of the range, ascending by first port.</summary>
    public IReadOnlyList<ServiceEntry> Find(PortRange range, TransportProtocol? protocol = null)
    {
        var entries = new List<ServiceEntry>();
        var table = Table;
        for (var record = 0; record < table.RecordCount; record++)
        {
            if (table.First(record) <= range.Last.Value && table.Last(record) >= range.First.Value)
            {
                AddGroup(entries, table, record, protocol);
            }
        }

        return entries;
    }

    /// <summary>The entry of one port and protocol, also for a port in no record, which is then unassigned and has no name.</summary>
    public ServiceEntry Describe(PortNumber port, TransportProtocol protocol)
    {
        foreach (var entry in Find(port, protocol))
        {
            return entry;
        }

        return new ServiceEntry
        {
            Port = port,
            EndPort = port,
            Protocol = protocol,
            Status = ServiceStatus.Unassigned,
            Names = [],
            Description = null,
            Reference = null,
            ListingName = null,
        };
    }

    /// <summary>Every name and alias once, in alphabetical order without regard to case: what a mistyped name is compared with.</summary>
    public IReadOnlyList<string> Names()
    {
        var table = Table;
        var names = new List<string>();
        for (var i = 0; i < table.NamedCount; i++)
        {
            var name = table.Name(table.RecordByName(i));
            if (i == 0 || RegistryText.Compare(name, table.Name(table.RecordByName(i - 1))) != 0)
            {
                names.Add(Encoding.UTF8.GetString(name));
            }
        }

        return names;
    }

    /// <summary>Every entry, ascending by port.</summary>
    public IReadOnlyList<ServiceEntry> Entries() => Find(PortRange.All);

    /// <summary>Wraps the bytes of a table file after checking all of them.</summary>
    /// <param name="file">The file; must not be changed afterwards.</param>
    /// <param name="registry">The registry, or <c>null</c>.</param>
    /// <param name="reason">Why the file was refused, when <c>false</c> is returned.</param>
    internal static bool TryOpen(byte[] file, out ServiceRegistry? registry, out string reason)
    {
        registry = RegistryTableCheck.TrySplit(file, out var numbersLength, out reason) ? new ServiceRegistry(file, numbersLength) : null;
        return registry is not null;
    }

    /// <summary>Makes a registry from rows; its bytes are in <paramref name="file"/>.</summary>
    internal static ServiceRegistry Build(IEnumerable<RegistryRow> rows, DateOnly asOf, out byte[] file)
    {
        var (numbers, text) = RegistryTableBuilder.Build(rows, asOf);
        file = [.. numbers, .. text];
        return new ServiceRegistry(file, numbers.Length);
    }

    private static PortRange RangeOf(RegistryTable table, int record)
        => new(new PortNumber((ushort)table.First(record)), new PortNumber((ushort)table.Last(record)));
}
