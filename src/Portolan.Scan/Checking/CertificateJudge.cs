using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Scan.Checking;

/// <summary>Says why a chain is not trusted, each reason by itself (RFC 5280 section 6).</summary>
/// <param name="serverName">The name the certificate must be for.</param>
/// <param name="now">The time at which it must be valid.</param>
internal sealed class CertificateJudge(string serverName, DateTimeOffset now)
{
    private const int MostNames = 6;

    private readonly List<TlsFault> _faults = [];

    /// <summary>The chain, the server's certificate first.</summary>
    public List<CertificateFacts> Chain { get; } = [];

    /// <summary>The server asked for a certificate of the client.</summary>
    public bool WantsClientCertificate { get; set; }

    /// <summary>What is wrong with it.</summary>
    public IReadOnlyList<TlsFault> Faults => _faults;

    /// <summary>Whole days until the first certificate below the root expires.</summary>
    public int? DaysLeft
    {
        get
        {
            int? least = null;
            for (var i = 0; i < Chain.Count; i++)
            {
                // A root is trusted for being in the store, and a server cannot renew it.
                if (i == 0 || Chain[i].Subject != Chain[i].Issuer)
                {
                    var days = (int)Math.Floor((Chain[i].NotAfter - now).TotalDays);
                    least = least is { } known && known <= days ? known : days;
                }
            }

            return least;
        }
    }

    /// <summary>Looks at what the handshake brought.</summary>
    public void Look(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || chain is null)
        {
            _faults.Add(new(TlsFaultKind.NoCertificate, "the server sent no certificate"));
            return;
        }

        var sent = new HashSet<string>(StringComparer.Ordinal) { certificate.Thumbprint };
        foreach (var extra in chain.ChainPolicy.ExtraStore)
        {
            sent.Add(extra.Thumbprint);
        }

        foreach (var element in chain.ChainElements)
        {
            Chain.Add(CertificateReader.Read(element.Certificate, sent.Contains(element.Certificate.Thumbprint)));
        }

        if (Chain.Count == 0)
        {
            Chain.Add(CertificateReader.Read(certificate, wasSent: true));
        }

        JudgeTimes();
        JudgeStatus(chain);
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            var names = Chain[0].Names;
            _faults.Add(new(TlsFaultKind.NameMismatch, $"the certificate is for {ListOf(names)}, not for {serverName}"));
        }
    }

    /// <summary>The names of a certificate in a sentence; of many, as some have thousands, the first.</summary>
    internal static string ListOf(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "no name at all",
        <= MostNames => string.Join(", ", names),
        var count => $"{string.Join(", ", names.Take(MostNames))} and {count - MostNames} more",
    };

    private void JudgeTimes()
    {
        foreach (var certificate in Chain)
        {
            var whose = certificate == Chain[0] ? "the certificate" : $"the certificate of {certificate.Subject}";
            if (certificate.NotAfter < now)
            {
                _faults.Add(new(
                    TlsFaultKind.Expired, $"{whose} expired on {Day(certificate.NotAfter)}, {Count(now - certificate.NotAfter)} ago"));
            }
            else if (certificate.NotBefore > now)
            {
                _faults.Add(new(
                    TlsFaultKind.NotYetValid,
                    $"{whose} is valid from {Day(certificate.NotBefore)}, in {Count(certificate.NotBefore - now)}"));
            }
        }
    }

    private void JudgeStatus(X509Chain chain)
    {
        foreach (var status in chain.ChainStatus)
        {
            switch (status.Status)
            {
                case X509ChainStatusFlags.NoError or X509ChainStatusFlags.NotTimeValid or X509ChainStatusFlags.NotTimeNested:
                    // Times are told one certificate at a time.
                    break;
                case X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain:
                    AddIssuer();
                    break;
                default:
                    _faults.Add(new(TlsFaultKind.Other, status.StatusInformation.Trim().TrimEnd('.')));
                    break;
            }
        }
    }

    private void AddIssuer()
    {
        var last = Chain[^1];
        if (last.Subject != last.Issuer)
        {
            _faults.Add(new(
                TlsFaultKind.UnknownIssuer,
                $"its issuer {last.Issuer} is not trusted, and the server sent no certificate of that issuer"));
        }
        else if (Chain.Count == 1)
        {
            _faults.Add(new(TlsFaultKind.SelfSigned, "the certificate is self-signed, and this host does not trust it"));
        }
        else
        {
            _faults.Add(new(TlsFaultKind.UnknownIssuer, $"the chain ends at {last.Subject}, which this host does not trust"));
        }
    }

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Count(TimeSpan time) => ((int)time.TotalDays) switch
    {
        0 => "less than a day",
        1 => "1 day",
        var days => string.Create(CultureInfo.InvariantCulture, $"{days} days"),
    };
}
