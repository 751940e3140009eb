using System.IO.Compression;
using System.Text;
using Portolan.Store.Files;

namespace Portolan.Store.Tables;

/// <summary>Text that many rows share, stored once: found by a hash and compared whole, so that no two texts are taken for one.</summary>
public sealed class ContentTable
{
    /// <summary>Shorter text is stored as it is.</summary>
    private const int LeastPacked = 200;

    private const int MostUnpacked = 4 << 20;
    private const byte Plain = 0;
    private const byte Deflated = 1;
    private const int MostRemembered = 20_000;
    private readonly StoreConnection _store;
    private readonly Dictionary<string, long> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string> _texts = [];

    internal ContentTable(StoreConnection store) => _store = store;

    /// <summary>The number of a text; it is stored when it is not.</summary>
    public long IdOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (_ids.TryGetValue(text, out var known))
        {
            return known;
        }

        var (body, hash) = (Pack(text), HashOf(text));
        var id = _store.Number("SELECT id FROM content WHERE hash = $1 AND body = $2", hash, body);
        if (id == 0)
        {
            id = _store.Insert("INSERT INTO content(hash, body) VALUES ($1, $2)", hash, body);
        }

        Remember(id, text);
        return id;
    }

    /// <summary>The text of a number; empty where there is none, which only a damaged store has.</summary>
    public string TextOf(long id)
    {
        if (_texts.TryGetValue(id, out var known))
        {
            return known;
        }

        var found = _store.Read("SELECT body FROM content WHERE id = $1", [id], static row => Unpack(row.Bytes(0)));
        var text = found.Count > 0 ? found[0] : "";
        Remember(id, text);
        return text;
    }

    /// <summary>Forgets what is remembered: what another program wrote, or what was rolled back.</summary>
    internal void Forget()
    {
        _ids.Clear();
        _texts.Clear();
    }

    private void Remember(long id, string text)
    {
        if (_texts.Count >= MostRemembered)
        {
            Forget();
        }

        (_ids[text], _texts[id]) = (id, text);
    }

    private static byte[] Pack(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        using var packed = new MemoryStream();
        if (bytes.Length >= LeastPacked)
        {
            packed.WriteByte(Deflated);
            using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            {
                deflate.Write(bytes);
            }
        }

        return packed.Length > 0 && packed.Length <= bytes.Length ? packed.ToArray() : [Plain, .. bytes];
    }

    private static string Unpack(byte[] body)
    {
        if (body is not [Deflated, ..])
        {
            return Encoding.UTF8.GetString(body.AsSpan(Math.Min(1, body.Length)));
        }

        // Nothing that was stored is longer; a file from elsewhere may say what it likes.
        using var deflate = new DeflateStream(new MemoryStream(body, 1, body.Length - 1), CompressionMode.Decompress);
        var (text, length) = (new byte[4096], 0);
        try
        {
            for (int count; length < MostUnpacked && (count = deflate.Read(text, length, text.Length - length)) > 0;)
            {
                length += count;
                Array.Resize(ref text, length == text.Length ? 2 * length : text.Length);
            }
        }
        catch (InvalidDataException)
        {
            return "";
        }

        return Encoding.UTF8.GetString(text, 0, length);
    }

    // FNV-1a, 64 bits: it only has to spread. Text that was made to collide makes the search longer and finds nothing wrong.
    private static long HashOf(string text)
    {
        var hash = 14695981039346656037;
        foreach (var letter in text)
        {
            hash = (hash ^ letter) * 1099511628211;
        }

        return (long)hash;
    }
}
