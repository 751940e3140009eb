using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Scan.Checking;

/// <summary>
/// The TLS handshake over a connection of ours. What is wrong with a chain is told, and no certificate is fetched from elsewhere.
/// </summary>
internal static class TlsSteps
{
    /// <summary>Loads what TLS needs while the clock stands still. Adds a step that failed where this host cannot speak TLS.</summary>
    public static async Task<bool> LoadAsync(HopContext hop, CancellationToken cancellationToken)
    {
        if (hop.Tools.WhyNoTls() is { } obstacle)
        {
            return hop.Add(new TlsStep(hop.Target.Host, Session: null, [], [])
            {
                Time = hop.Clock.Since(hop.Clock.Now),
                Result = StepResult.LocalFailure,
                Summary = obstacle.Problem,
                Meaning = obstacle.Remedy.ToString(),
            });
        }

        await hop.Clock.StopForAsync(hop.Start.TlsAsync, cancellationToken);
        return true;
    }

    /// <summary>Adds the step.</summary>
    /// <param name="hop">The connection's steps.</param>
    /// <param name="connection">The TCP connection; the stream that is returned owns it.</param>
    /// <param name="protocols">What is offered by ALPN; empty for nothing.</param>
    /// <param name="cancellationToken">The caller's end.</param>
    /// <returns>The protected stream; <c>null</c> when the handshake failed, or the chain is not trusted and that matters.</returns>
    public static async Task<SslStream?> RunAsync(
        HopContext hop, WatchedStream connection, List<SslApplicationProtocol> protocols, CancellationToken cancellationToken)
    {
        var at = hop.Clock.Now;
        var name = hop.Options.ServerName ?? hop.Target.Host;
        var now = hop.Clock.Time.GetUtcNow();
        var judge = new CertificateJudge(name, now);
        var stream = new MeteredTls(connection);
        try
        {
            using var limit = hop.Limit(hop.Options.Timeout, cancellationToken);
            await stream.AuthenticateAsClientAsync(OptionsFor(name, protocols, judge, now), limit.Token);
        }
        catch (Exception exception)
            when (exception is AuthenticationException or IOException or OperationCanceledException or SocketException)
        {
            await stream.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            var time = hop.Clock.Since(at);
            var (summary, meaning) =
                await TlsFailure.ExplainAsync(hop, connection, exception, name, judge.WantsClientCertificate, cancellationToken);
            hop.Add(new TlsStep(name, Session: null, judge.Chain, judge.Faults)
            {
                WantsClientCertificate = judge.WantsClientCertificate,
                DaysLeft = judge.DaysLeft,
                Time = time,
                Result = StepResult.Failed,
                Summary = summary,
                Meaning = meaning,
            });
            return null;
        }

        var step = Describe(hop, at, name, stream, judge);
        if (hop.Add(step))
        {
            return stream;
        }

        await stream.DisposeAsync();
        return null;
    }

    private static SslClientAuthenticationOptions OptionsFor(
        string name, List<SslApplicationProtocol> protocols, CertificateJudge judge, DateTimeOffset now) => new()
        {
            TargetHost = name,
            ApplicationProtocols = protocols.Count > 0 ? protocols : null,
            // Each handshake is a whole one: what a server resumes, it does not prove again.
            AllowTlsResume = false,
            // Called once before the handshake, without the server's certificate, and again when the server asks.
            LocalCertificateSelectionCallback = (_, _, _, server, _) =>
            {
                judge.WantsClientCertificate |= server is not null;
                return null!;
            },
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                // A check talks to its target only.
                DisableCertificateDownloads = true,
                VerificationTime = now.UtcDateTime,
                VerificationTimeIgnored = false,
            },
#pragma warning disable CA5359 // The judge keeps every fault; the caller that asked decides below, and nothing was sent before that.
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                judge.Look(certificate as X509Certificate2, chain, errors);
                return true;
            },
#pragma warning restore CA5359
        };

    private static TlsStep Describe(HopContext hop, TimeSpan at, string name, SslStream stream, CertificateJudge judge)
    {
        var protocol = stream.NegotiatedApplicationProtocol;
        var session = new TlsSession(
            VersionOf(stream.SslProtocol), stream.NegotiatedCipherSuite.ToString(), protocol.Protocol.IsEmpty ? null : protocol.ToString());
        var isTrusted = judge.Faults.Count == 0;
        return new TlsStep(name, session, judge.Chain, judge.Faults)
        {
            WantsClientCertificate = judge.WantsClientCertificate,
            DaysLeft = judge.DaysLeft,
            Time = hop.Clock.Since(at),
            Result = isTrusted ? StepResult.Ok : hop.Options.AcceptUntrusted ? StepResult.Warning : StepResult.Failed,
            Summary = isTrusted
                ? $"{session.Version}, trusted for {name}"
                : $"{session.Version}, not trusted: {string.Join("; ", judge.Faults.Select(f => f.Text))}",
            Meaning = isTrusted || hop.Options.AcceptUntrusted ? null : "a browser would stop here; --insecure continues",
        };
    }

    private static string VersionOf(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls13 => "TLS 1.3",
        SslProtocols.Tls12 => "TLS 1.2",
        _ => protocol.ToString(),
    };
}
