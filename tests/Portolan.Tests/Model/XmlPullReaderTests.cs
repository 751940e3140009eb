using System.Text;
using System.Xml;
using Portolan.Model.Xml;
using Portolan.Tests.Support;
using XmlNode = Portolan.Model.Xml.XmlNode;

namespace Portolan.Tests.Model;

/// <summary>XML as a stream. Its messages and places are tested with IANA's files.</summary>
public sealed class XmlPullReaderTests
{
    private const string Sample = """
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- a comment - with a dash -->
        <root a="1" b='2 &quot;&#x1F600;&#10;"'>
          text &lt;é😀&gt; ] ]] ]>
          <empty/><empty c = "x" />
          <![CDATA[<raw> ]] ]> &amp; ]]]]>
          <deep><deep><deep at-tr_1.x="y">&apos;&amp;&#65;</deep></deep></deep><?pi some > thing? ?>
        </root>
        <!-- after -->
        """;

    // Declarations and instructions are skipped without a look at what they say, so they are not in here.
    private const string Plain = """
        <!-- a comment - with a dash -->
        <root a="1" b='2 &quot;&#x1F600;&#10;"'>
          text &lt;&#233;&gt; ] ]] ]>
          <empty/><empty c = "x" />
          <![CDATA[<raw> ]] ]> &amp; ]]]]>
          <deep><deep><deep at-tr_1.x="y">&apos;&amp;&#65;</deep></deep></deep>
        </root>
        """;

    [Fact]
    public void It_reads_what_System_Xml_reads_and_refuses_what_it_refuses() => Fuzz.Run(4000, static (random, _) =>
    {
        var file = Fuzz.Damage(random, Encoding.UTF8.GetBytes(Plain));
        var theirs = Theirs(file);
        var ours = Ours(new MemoryStream(file));

        // Names are not checked to the letter, and lose their prefix.
        var isComparable = !HasOddName(file);
        if (isComparable && theirs is null != (ours is null))
        {
            Assert.Fail($"{(ours is null ? "refused" : "accepted")}: {Encoding.UTF8.GetString(file)}");
        }

        if (isComparable && theirs is not null && ours is not null)
        {
            Assert.Equal(theirs, ours);
        }
    });

    [Fact]
    public void How_the_stream_is_cut_into_pieces_changes_nothing()
    {
        var file = Encoding.UTF8.GetBytes(Sample);
        var whole = Ours(new MemoryStream(file));
        Assert.NotNull(whole);
        Assert.Equal(whole, Ours(new DripStream(file)));
    }

    [Fact]
    public void A_text_longer_than_the_limit_is_refused_before_it_is_held()
    {
        using var endless = new EndlessStream("<a b='", "xxxxxxxx");
        var reader = new XmlPullReader(endless, maximumValueLength: 100_000);
        var error = Assert.Throws<XmlFormatException>(() => reader.Read());
        Assert.Equal("more than 100000 characters of text or attributes", error.Reason);
        Assert.True(endless.Served < 200_000);
    }

    [Fact]
    public void Endless_attributes_and_names_are_refused()
    {
        Assert.Contains(
            "attributes of one element",
            Assert.Throws<XmlFormatException>(
                () => ReadAll(Enumerable.Range(0, 1000).Aggregate("<a", (text, i) => $"{text} b{i}=''"))).Reason, StringComparison.Ordinal);
        Assert.Contains(
            "a name of more than", Assert.Throws<XmlFormatException>(() => ReadAll($"<{new string('n', 10_000)}/>")).Reason,
            StringComparison.Ordinal);
        Assert.Contains(
            "inside each other", Assert.Throws<XmlFormatException>(() => ReadAll(string.Concat(Enumerable.Repeat("<a>", 1000)))).Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_anywhere_is_known_to_be_cut()
    {
        var file = Encoding.UTF8.GetBytes(Sample);
        var end = Encoding.UTF8.GetByteCount(Sample[..Sample.IndexOf("<!-- after", StringComparison.Ordinal)]);
        for (var length = 0; length < end - 2; length++)
        {
            var error = Assert.Throws<XmlFormatException>(() => ReadAll(file[..length]));
            Assert.True(error.IsTruncated, $"{length}: {error.Message}");
        }
    }

    [Fact]
    public void A_fault_in_the_middle_is_not_taken_for_a_cut() =>
        Assert.False(Assert.Throws<XmlFormatException>(() => ReadAll("<a><b></a>")).IsTruncated);

    [Fact]
    public void Reading_allocates_nothing_for_each_element()
    {
        var file = Encoding.UTF8.GetBytes($"<root>{string.Concat(Enumerable.Repeat("<host a='1' b='2'>text</host>\n", 2000))}</root>");
        var few = Encoding.UTF8.GetBytes("<root><host a='1' b='2'>text</host>\n</root>");
        Assert.Equal(Allocations.Fewest(() => ReadAll(few)), Allocations.Fewest(() => ReadAll(file)));
    }

    private static void ReadAll(string file) => ReadAll(Encoding.UTF8.GetBytes(file));

    private static void ReadAll(byte[] file)
    {
        var reader = new XmlPullReader(new MemoryStream(file));
        while (reader.Read())
        {
        }
    }

    private static List<string>? Ours(Stream file)
    {
        var seen = new List<string>();
        var reader = new XmlPullReader(file);
        var text = new StringBuilder();
        try
        {
            while (reader.Read())
            {
                if (reader.Node == XmlNode.Text)
                {
                    text.Append(reader.Value);
                    continue;
                }

                AddText(seen, text);
                seen.Add(reader.Node == XmlNode.Element ? $"<{reader.Name}" : $"</{reader.Name}");
                foreach (var name in (string[])["a", "b", "c", "at-tr_1.x"])
                {
                    if (reader.Node == XmlNode.Element && reader.Attribute(name) is { } value)
                    {
                        seen.Add($"{name}={OnOneLine(value)}");
                    }
                }

                if (reader.IsEmpty)
                {
                    seen.Add($"</{reader.Name}");
                }
            }
        }
        catch (XmlFormatException)
        {
            return null;
        }

        return seen;
    }

    private static List<string>? Theirs(byte[] file)
    {
        var seen = new List<string>();
        var text = new StringBuilder();
        try
        {
            using var reader = new XmlTextReader(new MemoryStream(file))
            {
                Namespaces = false,
                Normalization = true,
                DtdProcessing = DtdProcessing.Prohibit,
                EntityHandling = EntityHandling.ExpandEntities,
                XmlResolver = null,
            };
            while (reader.Read())
            {
                if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace)
                {
                    text.Append(reader.Depth > 0 ? reader.Value : "");
                    continue;
                }

                if (reader.NodeType is not (XmlNodeType.Element or XmlNodeType.EndElement))
                {
                    continue;
                }

                AddText(seen, text);
                seen.Add(reader.NodeType == XmlNodeType.Element ? $"<{reader.Name}" : $"</{reader.Name}");
                var (isEmpty, tag) = (reader.NodeType == XmlNodeType.Element && reader.IsEmptyElement, reader.Name);
                foreach (var name in (string[])["a", "b", "c", "at-tr_1.x"])
                {
                    if (reader.NodeType == XmlNodeType.Element && reader.GetAttribute(name) is { } value)
                    {
                        seen.Add($"{name}={OnOneLine(value)}");
                    }
                }

                if (isEmpty)
                {
                    seen.Add($"</{tag}");
                }
            }
        }
        catch (XmlException)
        {
            return null;
        }

        return seen;
    }

    // A reader may hand out the text between two tags in one piece or in several.
    private static void AddText(List<string> seen, StringBuilder text)
    {
        if (text.Length > 0)
        {
            seen.Add(OnOneLine(text.ToString()));
            text.Clear();
        }
    }

    // Line ends are normalized by System.Xml (section 2.11) and not here: nothing that is read has lines.
    private static string OnOneLine(string text) =>
        string.Join(' ', text.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static bool HasOddName(byte[] file) =>
        file.AsSpan().ContainsAnyExceptInRange((byte)1, (byte)127) || file.AsSpan().IndexOf((byte)':') >= 0;

    private sealed class DripStream(byte[] file) : MemoryStream(file)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1));
    }

    private sealed class EndlessStream(string start, string more) : MemoryStream
    {
        public long Served { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var piece = Encoding.UTF8.GetBytes(Served == 0 ? start : more).AsSpan();
            piece = piece[..Math.Min(count, piece.Length)];
            piece.CopyTo(buffer.AsSpan(offset));
            Served += piece.Length;
            return piece.Length;
        }
    }
}
