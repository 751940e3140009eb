using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Portolan.Fleet.Settings;
using Portolan.Linux.Privilege;
using Portolan.Linux.Terminals;
using Portolan.Model.Invocation;
using Portolan.Model.Registry;
using Portolan.Server.Hosting;
using Portolan.Sockets.Owners;
using Portolan.Store.Files;
using Portolan.Web.Access;
using Portolan.Web.Api;
using Portolan.Web.Feed;
using Portolan.Web.Hosting;

namespace Portolan.Server.Serve;

/// <summary><c>portolan serve</c>: the page, until Ctrl-C or SIGTERM.</summary>
/// <param name="invocation">What was asked.</param>
/// <param name="listen">Where it listens.</param>
/// <param name="folder">Where it keeps its state.</param>
/// <param name="streams">What it prints to.</param>
internal sealed class PageServer(ServeInvocation invocation, ListenAddress listen, StateFolder folder, ServerStreams streams)
{
    // A server that was ended a moment ago may still hold its lock.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Serves.</summary>
    internal async Task<ExitCode> RunAsync()
    {
        var clock = TimeProvider.System;
        var most = ServeRun.Scopes(invocation, Scope.Read | Scope.Scan);
        var password = ReadPassword();
        if (invocation.Opens)
        {
            BrowserLaunch.Check();
        }

        using var running = await RunningServer.ClaimAsync(folder, Patience) ?? throw new PortolanException(
            $"a server of this user already runs on {listen}", $"run portolan serve --link for another link to it", ExitCode.Failed);
        var access = new AccessControl(folder, listen.EndPoint?.Port, most, password, clock) { Command = Command() };
        RequireProtection(access);
        var certificate = Certificate(clock);
        var page = new PageFiles();
        await using var fleet = OpenFleet(clock);
        var facts = Facts(page, fleet is not null);
        using var ending = new CancellationTokenSource();
        using var signals = new SignalCatcher(_ => ending.Cancel());
        using var socket = ListenSocketFile.Prepare(folder, listen.Socket);
        var hub = new EventHub(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));
        var feed = new ChartFeed(ThisMachine.Open, hub, clock, Report);
        var plan = new ServerPlan(
            listen, certificate, new AllowedHosts(listen.EndPoint, certificate is not null, invocation.Hosts), access, page,
            ApiRoutes.All(
                new AccessRoutes(access, facts),
                new ApiSources(
                    ThisMachine.Open, feed, new SocketFeed(ThisMachine.Open, clock),
                    new TrafficFeed(ThisMachine.Open, clock, Report, ending.Token), ServiceRegistry.BuiltIn, hub, page.Bundle,
                    new StoredHistory(facts.StorePath, facts.Host, clock), fleet),
                ending.Token),
            Report);
        await using var server = await StartAsync(plan, ending);
        socket?.Restrict();
        var url = Url(certificate is not null);
        running.Write(new ServerRecord(url, most));
        Announce(url, most, certificate);
        await Task.WhenAll(server.RunAsync(), feed.RunAsync(ending.Token));
        access.Links.Clear();
        access.Audit.Finish();
        return ExitCode.Success;
    }

    private async Task<WebServer> StartAsync(ServerPlan plan, CancellationTokenSource ending)
    {
        try
        {
            return await WebServer.StartAsync(plan, ending);
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            throw listen.EndPoint is { } place
                ? PortInUse.Of(place)
                : new PortolanException(
                    $"another program listens on {listen}", $"give another socket with --listen", ExitCode.Failed);
        }
        catch (System.Net.Sockets.SocketException exception)
        {
            throw new PortolanException(
                $"cannot listen on {listen}: {exception.Message}",
                exception.SocketErrorCode == System.Net.Sockets.SocketError.AccessDenied
                    ? listen.EndPoint is null ? Advice.Of($"give a socket in a writable folder with --listen")
                    : Advice.Of($"ports below {Linux.KernelSettings.Read().FirstUnprivilegedPort} need root: choose another with --listen")
                    : Advice.Of($"give an address of this machine with --listen"),
                exception.SocketErrorCode == System.Net.Sockets.SocketError.AccessDenied ? ExitCode.NoPrivilege : ExitCode.Failed);
        }
    }

    private Password? ReadPassword()
    {
        if (invocation.PasswordFile is not { } path)
        {
            return null;
        }

        using var reader = new StreamReader(BoundedStream.Open(path, InputLimit.ServerFiles));
        var text = reader.ReadToEnd().Split('\n')[0].TrimEnd('\r');
        return text.Length switch
        {
            < Password.Shortest => throw new PortolanException(
                $"the password in {TerminalText.Escape(path)} has fewer than {Password.Shortest} characters",
                $"write a longer one, for example with head -c 24 /dev/urandom | base64", ExitCode.Usage),
            > Password.Longest => throw new PortolanException(
                $"the password in {TerminalText.Escape(path)} has more than {Password.Longest} characters", $"write a shorter one",
                ExitCode.Usage),
            _ => new Password(text),
        };
    }

    // What others on the network can reach is never open to them in plain text, nor without a secret of theirs.
    private void RequireProtection(AccessControl access)
    {
        if ((invocation.Certificate is null) != (invocation.Key is null))
        {
            throw new PortolanException(
                "--cert and --key belong together", $"give both, or use --tls-self-signed", ExitCode.Usage);
        }

        if (listen.IsLocal)
        {
            return;
        }

        if (invocation.Certificate is null && !invocation.IsSelfSigned)
        {
            throw new PortolanException(
                $"{listen} is reachable from the network, and the page would be unencrypted",
                $"add --cert FILE --key FILE, or --tls-self-signed; or listen on 127.0.0.1 and use ssh -L", ExitCode.Usage);
        }

        if (access.Password is null && !access.Tokens.Any)
        {
            throw new PortolanException(
                $"{listen} is reachable from the network without a password or token",
                $"add --password-file FILE, or create a token first: portolan serve --new-token NAME --listen {listen}", ExitCode.Usage);
        }
    }

    private ServerCertificate? Certificate(TimeProvider clock) =>
        invocation is { Certificate: { } certificate, Key: { } key } ? ServerCertificate.FromFiles(certificate, key, clock)
        : invocation.IsSelfSigned ? ServerCertificate.OfItsOwn(folder, CertificateNames(), clock)
        : null;

    private IReadOnlyList<string> CertificateNames() =>
    [
        .. new[]
        {
            "localhost", Environment.MachineName.ToLowerInvariant(), "127.0.0.1", "::1", listen.EndPoint?.Address.ToString(),
        }.OfType<string>().Concat(invocation.Hosts.Select(static h => h.Split(':')[0])).Distinct(),
    ];

    private static ServerFacts Facts(PageFiles page, bool hasFleet)
    {
        var user = Linux.Proc.EffectiveUser.Id;
        return new ServerFacts(
            OwnVersion.Text, page.Bundle, Environment.MachineName, user, new UserNames().Name(user),
            CapabilitySet.Available.Has(Capability.NetAdmin), StorePath(), hasFleet);
    }

    // A fleet that no option names is shown where this user can read its settings.
    private FleetSource? OpenFleet(TimeProvider clock)
    {
        if (invocation.FleetConfig is { } file)
        {
            return new FleetSource(FleetSettings.Read(file), file, clock);
        }

        try
        {
            using var usual = NamedFile.OpenRead(FleetSettings.UsualFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        try
        {
            return new FleetSource(FleetSettings.Read(FleetSettings.UsualFile), config: null, clock);
        }
        catch (PortolanException exception)
        {
            streams.Error.WriteLine($"portolan: the page shows no fleet: {TerminalText.Escape(exception.Message)}");
            return null;
        }
    }

    private string Command()
    {
        var where = listen.IsUsual ? Advice.Of($"") : Advice.Of($" --listen {$"{listen}"}");
        return (Linux.Proc.EffectiveUser.Id == 0 ? Advice.Of($"sudo portolan serve{where}") : Advice.Of($"portolan serve{where}"))
            .ToString();
    }

    private static string? StorePath()
    {
        try
        {
            return StoreLocation.Find(Environment.GetEnvironmentVariable);
        }
        catch (PortolanException)
        {
            // The environment names no folder for it.
            return null;
        }
    }

    private string? Url(bool isTls)
    {
        if (invocation.Hosts is [var name, ..])
        {
            return $"https://{name}/";
        }

        if (listen.EndPoint is not { } place)
        {
            return null;
        }

        var reachable = place.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, place.Port)
            : place.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, place.Port)
            : place;
        return $"{(isTls ? "https" : "http")}://{reachable}/";
    }

    private void Announce(string? url, Scope most, ServerCertificate? certificate)
    {
        streams.Error.WriteLine($"portolan: serving this machine on {listen}; Ctrl-C ends it");
        var fingerprint = invocation.IsSelfSigned ? certificate?.Fingerprint : null;
        if (fingerprint is not null)
        {
            streams.Error.WriteLine($"portolan: SHA-256 fingerprint of its certificate: {fingerprint}");
        }

        // A journal is read by more people than this user's terminal.
        if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is not null && !StandardStream.Output.IsTerminal && !invocation.Json)
        {
            streams.Error.WriteLine(Advice.Of($"portolan serve --link prints a link that opens it").ToHint());
            return;
        }

        var link = new LaunchText(invocation, streams) { Fingerprint = fingerprint }.Write(folder, url, most & (Scope.Read | Scope.Scan));
        streams.Error.WriteLine(
            Advice.Of($"the link opens once, within 10 minutes; portolan serve --link prints another").ToHint());
        if (invocation.Opens)
        {
            BrowserLaunch.Open(folder, link, Report);
        }
    }

    private void Report(Exception exception) => FailureReport.Of(exception, invocation.Debug).Write(() => streams.Error);
}

/// <summary>The version of this program.</summary>
internal static class OwnVersion
{
    /// <summary>Such as <c>0.1.0</c>.</summary>
    internal static string Text { get; } =
        Assembly.GetExecutingAssembly().GetName().Version is { } version ? $"{version.Major}.{version.Minor}.{version.Build}" : "0";
}
