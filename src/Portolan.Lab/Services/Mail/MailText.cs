using System.Text;

namespace Portolan.Lab.Services.Mail;

/// <summary>Header and body of a mail (RFC 5322), as characters that stand for bytes.</summary>
internal static class MailText
{
    /// <summary>Where the body begins, behind the empty line.</summary>
    internal static int BodyStart(byte[] content)
    {
        var at = content.AsSpan().IndexOf("\r\n\r\n"u8);
        return at < 0 ? content.Length : at + 4;
    }

    /// <summary>The header, the empty line with it.</summary>
    internal static string Header(byte[] content) => Encoding.Latin1.GetString(content, 0, BodyStart(content));

    /// <summary>The fields of a header, continuation lines with their first.</summary>
    internal static IEnumerable<(string Name, string Whole)> Fields(byte[] content)
    {
        var field = "";
        foreach (var line in Header(content).Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] is ' ' or '\t')
            {
                field += "\r\n" + line;
                continue;
            }

            if (field.Length > 0)
            {
                yield return (field.Split(':')[0].Trim(), field);
            }

            field = line;
        }

        if (field.Length > 0)
        {
            yield return (field.Split(':')[0].Trim(), field);
        }
    }

    /// <summary>The value of the first field of a name, on one line; <c>null</c> when there is none.</summary>
    internal static string? Value(byte[] content, string name)
    {
        foreach (var (own, whole) in Fields(content))
        {
            if (own.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return whole[(whole.IndexOf(':', StringComparison.Ordinal) + 1)..].Replace("\r\n", "", StringComparison.Ordinal).Trim();
            }
        }

        return null;
    }
}
