namespace Portolan.Scan.Identification.Facts;

/// <summary>
/// A fact that a service told (<c>-sC</c>): lines for people, and the same as data. All text in it is printable and bounded.
/// </summary>
public sealed record Fact
{
    /// <summary>The most characters of <see cref="Output"/>.</summary>
    public const int MaxOutputLength = 8192;

    /// <summary>The most fields, those of tables counted too.</summary>
    public const int MaxFields = 512;

    /// <summary>The most characters of one text.</summary>
    public const int MaxTextLength = 2048;

    /// <summary>The most characters of all texts together.</summary>
    public const int MaxLength = 16384;

    /// <summary>The deepest that tables lie in each other.</summary>
    public const int MaxDepth = 4;

    private const int MaxKeyLength = 64;

    private Fact(string id, string output, IReadOnlyList<FactField>? fields) => (Id, Output, Fields) = (id, output, fields);

    /// <summary>Its name: that of nmap's script where the fact is the same.</summary>
    public string Id { get; }

    /// <summary>The lines, as nmap shows them; the first is empty where a list begins on the next.</summary>
    public string Output { get; }

    /// <summary>The same as data; <c>null</c> where only the lines are known, for they were read from a file.</summary>
    public IReadOnlyList<FactField>? Fields { get; }

    /// <summary>How many characters it holds, about.</summary>
    public int Length => Output.Length + (Fields is null ? 0 : LengthOf(Fields));

    /// <summary>Makes a fact of a stranger's words: what is not printable becomes <c>?</c>, what is too long is cut.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="fields">The data; a second field of the same name is left out.</param>
    /// <param name="output">The lines; made from the fields where it is <c>null</c>.</param>
    public static Fact Of(string id, IEnumerable<FactField> fields, string? output = null)
    {
        var room = new Room();
        var clean = Clean(fields, room, MaxDepth);
        return new Fact(id, FactLines.Lines(output ?? FactLines.Render(clean), MaxOutputLength), clean);
    }

    /// <summary>A fact of which only the lines are known.</summary>
    public static Fact OfLines(string id, string output) =>
        new(FactLines.Clean(id, MaxKeyLength), FactLines.Lines(output, MaxOutputLength), null);

    private static List<FactField> Clean(IEnumerable<FactField> fields, Room room, int depth)
    {
        var clean = new List<FactField>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            if (room.Fields <= 0 || room.Length <= 0)
            {
                break;
            }

            var key = field.Key is null ? null : FactLines.Clean(field.Key, MaxKeyLength);
            if (key is not null && !keys.Add(key))
            {
                continue;
            }

            room.Fields--;
            var text = FactLines.Clean(field.Text, Math.Min(MaxTextLength, room.Length));
            room.Length -= text.Length + (key?.Length ?? 0);
            clean.Add(new FactField(key, field.Kind, text, depth > 1 ? Clean(field.Items, room, depth - 1) : []));
        }

        return clean;
    }

    private static int LengthOf(IReadOnlyList<FactField> fields) =>
        fields.Sum(static field => (field.Key?.Length ?? 0) + field.Text.Length + LengthOf(field.Items));

    private sealed class Room
    {
        public int Fields { get; set; } = MaxFields;

        public int Length { get; set; } = MaxLength;
    }
}
