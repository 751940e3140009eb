using System.Text;
using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>
/// A git repository that a web server gives away: <c>/.git/HEAD</c>, and its description (gitrepository-layout(5)). Nothing else of it is
/// fetched.
/// </summary>
internal sealed class HttpGitFact() : HttpFact("http-git", "whether /.git/HEAD exists, and the description beside it")
{
    private const string HeadPath = "/.git/HEAD";
    private const string DescriptionPath = "/.git/description";

    // SHA-1 and SHA-256.
    private const int ShortNameLength = 40;
    private const int LongNameLength = 64;

    private static readonly ServiceProbe Head = new($"HTTP GET {HeadPath}", static target => HttpProtocol.Request(target, HeadPath));
    private static readonly ServiceProbe Description =
        new($"HTTP GET {DescriptionPath}", static target => HttpProtocol.Request(target, DescriptionPath));

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Head, Description];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (await context.Pages.AskAsync(context, Head, HeadPath) is not { Status: 200, IsWhole: true } page
            || ReadHead(page.Body.Span) is not { } head)
        {
            return null;
        }

        List<FactField> fields = [FactField.Of("path", "/.git/"), FactField.Of("head", head)];
        var text = new StringBuilder($"\n  /.git/\n    Git repository found\n    HEAD: {head}");

        // The text that git writes for a repository without a name is left out.
        if (await context.Pages.AskAsync(context, Description, DescriptionPath) is { Status: 200, IsWhole: true } named
            && !named.Body.Span.StartsWith("<"u8) && ReplyText.Of(ReplyText.FirstLine(named.Body.Span)) is { } description
            && !description.StartsWith("Unnamed repository", StringComparison.Ordinal))
        {
            fields.Add(FactField.Of("description", description));
            text.Append("\n    Repository description: ").Append(description);
        }

        return Fact.Of(Id, fields, text.ToString());
    }

    // "ref: refs/heads/main", or the name of an object: nothing but that, so that no page for everything passes for it.
    private static string? ReadHead(ReadOnlySpan<byte> body)
    {
        var line = ReplyText.FirstLine(body);
        if (body.Length > line.Length + 2)
        {
            return null;
        }

        return line.StartsWith("ref: refs/"u8) ? ReplyText.Of(line["ref: ".Length..])
            : line.Length is ShortNameLength or LongNameLength && IsHexadecimal(line) ? ReplyText.Of(line)
            : null;
    }

    private static bool IsHexadecimal(ReadOnlySpan<byte> line)
    {
        foreach (var one in line)
        {
            if (!char.IsAsciiHexDigitLower((char)one))
            {
                return false;
            }
        }

        return true;
    }
}
