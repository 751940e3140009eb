using System.Globalization;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>The facts of a TLS handshake as lines of text.</summary>
internal static class TlsLines
{
    /// <summary>More names than these are counted, not shown.</summary>
    private const int MostNames = 6;

    /// <summary>As much of what a server said as is shown. Bytes.</summary>
    private const int MostExcerpt = 120;

    public static IEnumerable<string> Of(TlsStep step)
    {
        if (step.Session is { } session)
        {
            yield return $"{session.CipherSuite}, ALPN "
                + $"{session.ApplicationProtocol ?? "none"}{(step.WantsClientCertificate ? ", asks for a client certificate" : "")}";
        }

        for (var i = 0; i < step.Chain.Count; i++)
        {
            var certificate = step.Chain[i];
            yield return i == 0
                ? $"certificate {Name(certificate.Subject)}, {certificate.Key}"
                : $"issued by {Name(certificate.Subject)}{(certificate.WasSent ? "" : ", known here")}";
            if (i == 0)
            {
                yield return $"names {Names(certificate)}";
                yield return $"valid {Day(certificate.NotBefore)} to {Day(certificate.NotAfter)}, {Left(step)}";
            }
        }

        if (step.Chain.Count > 0 && step.Chain[^1] is { } last && last.Subject != last.Issuer)
        {
            yield return $"issued by {Name(last.Issuer)}, not in the trust store";
        }
    }

    /// <summary>Bytes from outside as one line: what is not a text becomes visible.</summary>
    public static string Excerpt(ReadOnlySpan<byte> bytes)
    {
        var writer = new Utf8Writer();
        writer.WriteEscaped(bytes[..Math.Min(bytes.Length, MostExcerpt)]);
        return bytes.Length > MostExcerpt ? $"{writer}…" : writer.ToString();
    }

    private static string Left(TlsStep step) => step.DaysLeft switch
    {
        null => "",
        < 0 => "expired",
        1 => "1 day left",
        var days => string.Create(CultureInfo.InvariantCulture, $"{days} days left"),
    };

    private static string Names(CertificateFacts certificate) => certificate.Names.Count switch
    {
        0 => "none",
        <= MostNames => string.Join(", ", certificate.Names),
        var count => $"{string.Join(", ", certificate.Names.Take(MostNames))} and {count - MostNames} more",
    };

    private static string Name(string name) => name.Length == 0 ? "without a subject" : name;

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
