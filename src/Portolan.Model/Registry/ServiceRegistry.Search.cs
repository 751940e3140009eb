using System.Text;

namespace Portolan.Model.Registry;

/// <content>From names and words to entries, and from records to entries.</content>
public sealed partial class ServiceRegistry
{
    /// <summary>The entries that have this name or alias, without regard to case; ascending by port.</summary>
    public IReadOnlyList<ServiceEntry> FindByName(string name, TransportProtocol? protocol = null) => ByName(name, protocol, whole: true);

    /// <summary>The entries with a name or alias that begins so, without regard to case; ascending by name.</summary>
    public IReadOnlyList<ServiceEntry> FindByPrefix(string prefix, TransportProtocol? protocol = null) =>
        ByName(prefix, protocol, whole: false);

    /// <summary>
    /// The entries in whose names, descriptions or references every word stands, without regard to the case of ASCII letters. Those
    /// that have the text as a name come first, then names that begin with it, names that hold it, and the rest; each by port.
    /// </summary>
    public IReadOnlyList<ServiceEntry> Search(string text, TransportProtocol? protocol = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(word => Encoding.UTF8.GetBytes(word).Select(RegistryText.Fold).ToArray())
            .ToArray();
        if (words.Length == 0)
        {
            return [];
        }

        var table = Table;
        var hits = new List<(int Rank, int Record)>();
        for (var record = 0; record < table.RecordCount; record++)
        {
            if (Rank(table, record, words) is var rank and >= 0)
            {
                hits.Add((rank, record));
            }
        }

        hits.Sort();
        return Entries(hits.Select(hit => hit.Record), protocol);
    }

    /// <summary>Adds the ports of a name to a set, for <see cref="PortSet.TryParse"/>.</summary>
    /// <param name="protocol">Only this protocol's ports; <c>null</c> for any.</param>
    public ServicePortLookup PortsByName(TransportProtocol? protocol = null) => (name, ports) =>
    {
        var found = false;
        foreach (var candidate in protocol is { } one ? [one] : Protocols)
        {
            if (TryFindPort(name, candidate, out var range))
            {
                ports.Add(range);
                found = true;
            }
        }

        return found;
    };

    private List<ServiceEntry> ByName(string name, TransportProtocol? protocol, bool whole)
    {
        ArgumentNullException.ThrowIfNull(name);
        Span<byte> folded = stackalloc byte[64];
        if (!TryFold(name, ref folded))
        {
            return [];
        }

        var table = Table;
        var records = new List<int>();
        for (var i = FirstByName(table, folded); i < table.NamedCount; i++)
        {
            var record = table.RecordByName(i);
            var candidate = table.Name(record);
            if (whole ? RegistryText.Compare(candidate, folded) != 0 : !RegistryText.StartsWith(candidate, folded))
            {
                break;
            }

            records.Add(record);
        }

        return Entries(records, protocol);
    }

    private List<ServiceEntry> Entries(IEnumerable<int> records, TransportProtocol? protocol)
    {
        // Two names of one port are one entry.
        var seen = new HashSet<(PortRange, TransportProtocol)>();
        var entries = new List<ServiceEntry>();
        var group = new List<ServiceEntry>();
        foreach (var record in records)
        {
            var table = Table;
            group.Clear();
            AddGroup(group, table, record, protocol);
            foreach (var entry in group)
            {
                if ((table.Protocols(record) & entry.Protocol.ToRegistry()) != 0 && seen.Add((entry.Ports, entry.Protocol)))
                {
                    entries.Add(entry);
                }
            }
        }

        return entries;
    }

    // 0 the name itself, 1 begins with it, 2 holds it, 3 the words stand somewhere; -1 no hit.
    private static int Rank(RegistryTable table, int record, byte[][] words)
    {
        var name = table.Name(record);
        var description = table.Description(record);
        var documents = table.Documents(record);
        foreach (var word in words)
        {
            if (RegistryText.IndexOf(name, word) < 0
                && RegistryText.IndexOf(description, word) < 0
                && RegistryText.IndexOf(documents, word) < 0)
            {
                return -1;
            }
        }

        return words.Length > 1 ? 3 : RegistryText.IndexOf(name, words[0]) switch
        {
            0 when name.Length == words[0].Length => 0,
            0 => 1,
            > 0 => 2,
            _ => 3,
        };
    }

    // Adds the entries of the record's port or range that are not there yet: one per protocol.
    private static void AddGroup(List<ServiceEntry> entries, RegistryTable table, int record, TransportProtocol? protocol)
    {
        // The records of one range are neighbours, in the table as in a port's slot.
        var range = RangeOf(table, record);
        if (entries.Count > 0 && entries[^1].Ports == range)
        {
            return;
        }

        var start = record;
        while (start > 0 && RangeOf(table, start - 1) == range)
        {
            start--;
        }

        foreach (var candidate in RegistryProtocolsConversions.InOrder)
        {
            if (protocol is not { } wanted || wanted.ToRegistry() == candidate.ToRegistry())
            {
                if (TryMakeEntry(table, start, range, candidate) is { } entry)
                {
                    entries.Add(entry);
                }
            }
        }
    }

    private static ServiceEntry? TryMakeEntry(RegistryTable table, int start, PortRange range, TransportProtocol protocol)
    {
        var names = new List<ServiceName>();
        string? listingName = null;
        string? description = null;
        string? reference = null;
        ServiceStatus? status = null;
        for (var record = start; record < table.RecordCount && RangeOf(table, record) == range; record++)
        {
            if ((table.Protocols(record) & protocol.ToRegistry()) == 0 || table.Status(record) < status)
            {
                continue;
            }

            if (table.Status(record) != status)
            {
                // What says more replaces what said less.
                (status, description, reference) = (table.Status(record), null, null);
            }

            var (aboutName, documents) = (Text(table.Description(record)), Text(table.Documents(record)));
            description ??= aboutName;
            reference ??= documents;
            if (Text(table.Name(record)) is { } name)
            {
                names.Add(new ServiceName(name, aboutName, documents));
                listingName = listingName is null || ListingNames.IsPreferred(range, name) ? name : listingName;
            }
        }

        return status is not { } known ? null : new ServiceEntry
        {
            Port = range.First,
            EndPort = range.Last,
            Protocol = protocol,
            Status = known,
            Names = names,
            Description = description,
            Reference = reference,
            ListingName = listingName,
        };
    }

    private static string? Text(ReadOnlySpan<byte> text) => text.IsEmpty ? null : Encoding.UTF8.GetString(text);

    // The first place in the order of names whose name is not before this one.
    private static int FirstByName(RegistryTable table, ReadOnlySpan<byte> name)
    {
        var (low, high) = (0, table.NamedCount);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (RegistryText.Compare(table.Name(table.RecordByName(middle)), name) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    // Small letters in UTF-8; false for what is too long, or not ASCII, and so no service name.
    private static bool TryFold(ReadOnlySpan<char> name, ref Span<byte> folded)
    {
        if (name.IsEmpty || name.Length > folded.Length)
        {
            return false;
        }

        for (var i = 0; i < name.Length; i++)
        {
            if (!char.IsAscii(name[i]))
            {
                return false;
            }

            folded[i] = RegistryText.Fold((byte)name[i]);
        }

        folded = folded[..name.Length];
        return true;
    }
}
