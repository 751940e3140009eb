using System.Buffers.Binary;

namespace Portolan.Store.Files;

/// <summary>A row as it lies on a page.</summary>
/// <param name="Id">Its number; 0 for an entry of an index and of a table without numbers.</param>
/// <param name="Values">The columns.</param>
internal readonly record struct SqliteRow(long Id, object?[] Values);

/// <summary>
/// Every row on every page that can be read, in no order: of which table it is says its shape alone, because the pages that would say it
/// may be the damaged ones (sqlite.org/fileformat2.html §1.6).
/// </summary>
/// <param name="pages">The pages.</param>
internal sealed class SqliteRows(SqlitePages pages)
{
    private const byte TableLeaf = 13;
    private const byte IndexLeaf = 10;
    private const byte IndexInterior = 2;
    private const int MostBytes = 64 << 20;
    private readonly byte[] _page = new byte[pages.PageSize];
    private readonly byte[] _overflow = new byte[pages.PageSize];

    /// <summary>Reads them.</summary>
    public IEnumerable<SqliteRow> All()
    {
        var free = FreePages();
        for (var number = 1; number <= pages.Count; number++)
        {
            if (free.Contains(number) || !pages.TryRead(number, _page))
            {
                continue;
            }

            foreach (var row in RowsOf(number == 1 ? 100 : 0))
            {
                yield return row;
            }
        }
    }

    private List<SqliteRow> RowsOf(int start)
    {
        var rows = new List<SqliteRow>();
        var kind = _page[start];
        if (kind is not (TableLeaf or IndexLeaf or IndexInterior))
        {
            return rows;
        }

        var pointers = start + (kind == IndexInterior ? 12 : 8);
        var count = BinaryPrimitives.ReadUInt16BigEndian(_page.AsSpan(start + 3));
        for (var i = 0; i < count && pointers + (2 * i) + 2 <= _page.Length; i++)
        {
            var at = BinaryPrimitives.ReadUInt16BigEndian(_page.AsSpan(pointers + (2 * i)));
            if (at >= pointers && at < _page.Length - 4 && Cell(kind, at + (kind == IndexInterior ? 4 : 0)) is { } row)
            {
                rows.Add(row);
            }
        }

        return rows;
    }

    private SqliteRow? Cell(byte kind, int at)
    {
        var (length, used) = SqliteRecord.Varint(_page.AsSpan(at));
        if (used == 0 || length < 1 || length > Math.Min(MostBytes, (long)pages.Count * pages.PageSize))
        {
            return null;
        }

        at += used;
        var id = 0L;
        if (kind == TableLeaf)
        {
            (id, used) = SqliteRecord.Varint(_page.AsSpan(at));
            at += used;
            if (used == 0)
            {
                return null;
            }
        }

        return Payload(kind == TableLeaf, at, (int)length) is { } payload && SqliteRecord.Read(payload) is { } values
            ? new SqliteRow(id, values)
            : null;
    }

    // What does not fit on the page goes on in a chain of pages (§1.6).
    private byte[]? Payload(bool isTable, int at, int length)
    {
        var usable = pages.PageSize;
        var most = isTable ? usable - 35 : ((usable - 12) * 64 / 255) - 23;
        var local = length;
        if (length > most)
        {
            var least = ((usable - 12) * 32 / 255) - 23;
            local = least + ((length - least) % (usable - 4));
            local = local <= most ? local : least;
        }

        if (at + local + (local < length ? 4 : 0) > _page.Length)
        {
            return null;
        }

        var payload = new byte[length];
        _page.AsSpan(at, local).CopyTo(payload);
        var next = local < length ? BinaryPrimitives.ReadInt32BigEndian(_page.AsSpan(at + local)) : 0;
        for (var have = local; have < length;)
        {
            if (!pages.TryRead(next, _overflow))
            {
                return null;
            }

            var part = _overflow.AsSpan(4, Math.Min(usable - 4, length - have));
            part.CopyTo(payload.AsSpan(have));
            have += part.Length;
            next = BinaryPrimitives.ReadInt32BigEndian(_overflow);
        }

        return payload;
    }

    // What lies there was deleted. A list that is damaged is read as far as it makes sense.
    private HashSet<int> FreePages()
    {
        var free = new HashSet<int>();
        if (!pages.TryRead(1, _page))
        {
            return free;
        }

        var trunk = BinaryPrimitives.ReadInt32BigEndian(_page.AsSpan(32));
        while (trunk > 1 && pages.TryRead(trunk, _page) && free.Add(trunk))
        {
            var count = BinaryPrimitives.ReadInt32BigEndian(_page.AsSpan(4));
            if (count < 0 || count > (pages.PageSize / 4) - 2)
            {
                free.Remove(trunk);
                break;
            }

            for (var i = 0; i < count; i++)
            {
                free.Add(BinaryPrimitives.ReadInt32BigEndian(_page.AsSpan(8 + (4 * i))));
            }

            trunk = BinaryPrimitives.ReadInt32BigEndian(_page);
        }

        return free;
    }
}
