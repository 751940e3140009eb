using System.Globalization;
using System.Reflection;
using Npgsql;
using Portolan.Fleet.Agent;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Fleet.Events;
using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;
using Portolan.Fleet.Results;
using Portolan.Fleet.Settings;
using Portolan.Linux;
using Portolan.Linux.Packet;
using Portolan.Linux.Routing;
using Portolan.Linux.Terminals;
using Portolan.Model.Documents;
using Portolan.Model.Invocation;
using Portolan.Reachability.Composing;
using Portolan.Scan.Checking;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;
using Portolan.Server.Hosting;
using Portolan.Watch.Checking;
using Portolan.Watch.Scanning;

namespace Portolan.Server.Fleet;

/// <summary><c>portolan fleet COMMAND</c> and <c>portolan agent</c>.</summary>
internal sealed class FleetRun(FleetInvocation invocation, ServerStreams streams)
{
    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly TimeSpan FollowEvery = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly FleetLog _log = new(streams, Clock, invocation.LogsJson);

    /// <summary>Does it.</summary>
    /// <exception cref="PortolanException">The settings are wrong, or the database or broker does not answer.</exception>
    internal static async Task<ExitCode> RunAsync(FleetInvocation invocation, ServerStreams streams)
    {
        using var end = new CancellationTokenSource();
        var signal = 0;
        using var signals = new SignalCatcher(number =>
        {
            Volatile.Write(ref signal, number);
            end.Cancel();
        });
        var run = new FleetRun(invocation, streams);
        switch (invocation.Action)
        {
            case FleetAction.Agent:
                return await run.AgentAsync(end.Token);
            case FleetAction.Join:
                return await run.JoinAsync(end.Token);
            case FleetAction.Leave:
                return await run.LeaveAsync(end.Token);
        }

        var settings = FleetSettings.Read(invocation.Config ?? FleetSettings.UsualFile);
        await using var database = settings.OpenDatabase();
        try
        {
            return invocation.Action switch
            {
                FleetAction.Init => await run.InitAsync(settings, database, end.Token),
                FleetAction.Serve => await run.ServeAsync(settings, database, end.Token),
                FleetAction.Start => await run.StartAsync(database, end.Token),
                FleetAction.Scan => await run.ScanAsync(database, end.Token),
                FleetAction.Jobs => await new FleetReports(database, streams).JobsAsync(invocation, end.Token),
                FleetAction.Results => await new FleetReports(database, streams).ResultsAsync(invocation, Version, end.Token),
                FleetAction.Agents => await new FleetReports(database, streams).AgentsAsync(invocation.Json, end.Token),
                FleetAction.Cancel => await run.CancelAsync(database, end.Token),
                FleetAction.Drain => await run.DrainAsync(database, end.Token),
                FleetAction.Status => await new FleetStatusReport(settings, database, streams).WriteAsync(invocation.Json, end.Token),
                FleetAction.Forget => await run.ForgetAsync(database, end.Token),
                FleetAction.Invite => await run.InviteAsync(settings, database, end.Token),
                FleetAction.Revoke => await run.RevokeAsync(settings, database, end.Token),
                _ => throw new ArgumentOutOfRangeException(nameof(invocation)),
            };
        }
        catch (NpgsqlException exception)
        {
            throw FleetDatabase.Failure(exception, invocation.Config);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // To end a coordinator is to end it in order.
            return invocation.Action == FleetAction.Serve ? ExitCode.Success : (ExitCode)(128 + Volatile.Read(ref signal));
        }
    }

    private static string Version =>
        typeof(FleetRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private async Task<ExitCode> InitAsync(FleetSettings settings, FleetDatabase database, CancellationToken cancellation)
    {
        using (var management = new ManagementApi(settings.Management, settings.Broker))
        {
            await management.DemandAsync(ManagementApi.Needed, cancellation);
        }

        var (before, after) = await database.MigrateAsync(cancellation);
        Say(before == after ? string.Create(CultureInfo.InvariantCulture, $"the database has schema {after}; nothing to do")
            : string.Create(CultureInfo.InvariantCulture, $"the database has schema {after} now"));
        try
        {
            await BrokerTopology.DeclareAsync(settings.Broker, cancellation);
        }
        catch (Exception exception) when (BrokerLoop.IsOutage(exception))
        {
            throw new PortolanException(
                $"the broker does not answer at {settings.Broker.Uri.Authority}: {BrokerLoop.Why(exception)}",
                $"see that RabbitMQ runs, that the virtual host {settings.Broker.VirtualHost} exists, and that "
                    + $"the user {settings.Broker.User} has all permissions on it");
        }

        Say("the broker has its exchanges and queues");
        return ExitCode.Success;
    }

    private async Task<ExitCode> ServeAsync(FleetSettings settings, FleetDatabase database, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        using var management = new ManagementApi(settings.Management, settings.Broker);
        var counters = new CoordinatorCounters();
        using var metrics = invocation.Metrics is { } place
            ? await FleetMetrics.ServeAsync(place, counters, database, Clock, SayMetrics, cancellation) : null;
        await new FleetCoordinator(settings.Broker, database, new FleetTiming(), Clock, _log.Write, counters)
        {
            Membership = new Membership(database, management),
        }.RunAsync(cancellation);
        return ExitCode.Success;
    }

    private async Task<ExitCode> StartAsync(FleetDatabase database, CancellationToken cancellation)
    {
        var (id, _) = await CreateAsync(database, cancellation);
        if (invocation.Json)
        {
            return await new FleetReports(database, streams).JobsAsync(invocation with { Job = id }, cancellation);
        }

        streams.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{id}"));
        Say($"job {id.ToString(CultureInfo.InvariantCulture)} has started; portolan fleet jobs shows how far it is");
        return ExitCode.Success;
    }

    // portolan scan --fleet reads it. What ends the wait does not end the job.
    private async Task<ExitCode> ScanAsync(FleetDatabase database, CancellationToken cancellation)
    {
        var (id, zones) = await CreateAsync(database, cancellation);
        var number = id.ToString(CultureInfo.InvariantCulture);
        try
        {
            await WarnOfMissingAgentsAsync(database, zones, cancellation);
            var isComplete = true;
            foreach (var zone in zones)
            {
                using var writer = new JsonLinesWriter(streams.Bytes, new ScanOutputOptions
                {
                    Arguments = ["portolan", "fleet", "results", number],
                    Version = Version,
                    NamesCountedPorts = true,
                    JsonEncoder = JsonOutput.Encoder,
                });
                var end = await new JobResults(database).FollowAsync(id, zone, [writer], Clock, FollowEvery, cancellation);
                isComplete &= end.IsComplete;
            }

            return isComplete ? ExitCode.Success : ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Say($"job {number} continues: portolan fleet results {number} shows what it found, portolan fleet cancel {number} ends it");
            throw;
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException)
        {
            Say($"job {number} continues without this wait; portolan fleet results {number} shows what it found");
            throw;
        }
    }

    private async Task WarnOfMissingAgentsAsync(FleetDatabase database, IReadOnlyList<string> zones, CancellationToken cancellation)
    {
        var agents = await new AgentTable(database).ReadAsync(cancellation);
        foreach (var zone in zones)
        {
            if (!agents.Any(a => a.Zone == zone && !a.IsDraining && !a.IsSilent))
            {
                Say($"warning: no agent of zone {TerminalText.Escape(zone)} is connected; the job waits for one");
            }
        }
    }

    private async Task<(long Id, IReadOnlyList<string> Zones)> CreateAsync(FleetDatabase database, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        var known = await new AgentTable(database).ZonesAsync(cancellation);
        IReadOnlyList<string> zones = invocation.Zones is ["all"] ? known : [.. invocation.Zones.Distinct(StringComparer.Ordinal)];
        if (zones.Count == 0)
        {
            zones = known.Count == 1 ? known : throw new PortolanException(
                known.Count == 0 ? "no agent has joined the fleet yet" : $"the fleet has several zones: {string.Join(", ", known)}",
                known.Count == 0 ? Advice.Of($"start portolan agent on a machine, or name a zone with {ZoneOption}")
                    : $"name one or more with {ZoneOption}",
                ExitCode.Usage);
        }

        if (zones.FirstOrDefault(static z => !AgentSettingsFile.IsZone(z)) is { } wrong)
        {
            throw new PortolanException(
                $"'{TerminalText.Escape(wrong)}' is not a zone", $"portolan fleet agents shows the zones", ExitCode.Usage);
        }

        // A person who waits for the results has misspelt a zone rather than planned one.
        if (invocation.Action == FleetAction.Scan && zones.FirstOrDefault(z => !known.Contains(z)) is { } unknown)
        {
            throw new PortolanException(
                $"no agent has joined in zone {TerminalText.Escape(unknown)}",
                $"take one of {Advice.List(known)}, or all", ExitCode.Usage);
        }

        var id = await new JobTable(database).CreateAsync(
            new JobRequest(
                new JobSpec
                {
                    Targets = invocation.Targets,
                    Excludes = invocation.Excludes,
                    Tcp = invocation.Tcp ?? "",
                    Udp = invocation.Udp ?? "",
                    Seed = invocation.Seed ?? BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)),
                    SkipsDiscovery = invocation.SkipsDiscovery,
                    MaxRetries = (int?)invocation.MaxRetries,
                },
                zones)
            {
                Rate = invocation.Rate,
                PrefixRate = invocation.PrefixRate ?? JobRequest.UsualPrefixRate,
                ChunkProbes = invocation.ChunkProbes ?? JobRequest.UsualChunkProbes,
            },
            cancellation);
        return (id, zones);
    }

    private string ZoneOption => invocation.Action == FleetAction.Scan ? "--vantage" : "--zone";

    private async Task<ExitCode> CancelAsync(FleetDatabase database, CancellationToken cancellation)
    {
        var id = invocation.Job!.Value;
        if (await new JobTable(database).CancelAsync(id, cancellation))
        {
            Say(string.Create(CultureInfo.InvariantCulture, $"job {id} is cancelled"));
            return ExitCode.Success;
        }

        Say(string.Create(CultureInfo.InvariantCulture, $"no running job has the number {id}"));
        return ExitCode.NothingFound;
    }

    private async Task<ExitCode> ForgetAsync(FleetDatabase database, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        var retention = new JobRetention(database);
        var jobs = invocation.Job is { } one ? [one] : await retention.OlderAsync(invocation.Older!.Value, cancellation);
        foreach (var id in jobs)
        {
            if (!await retention.ForgetAsync(id, cancellation))
            {
                Say(string.Create(CultureInfo.InvariantCulture, $"no job has the number {id}"));
                return ExitCode.NothingFound;
            }

            Say(string.Create(CultureInfo.InvariantCulture, $"job {id} is forgotten, and all that it found"));
        }

        if (jobs.Count == 0)
        {
            Say("no job ended so long ago; nothing to do");
        }

        return ExitCode.Success;
    }

    private async Task<ExitCode> InviteAsync(FleetSettings settings, FleetDatabase database, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        var (name, zone) = (invocation.Name!, invocation.Zones[0]);
        if (!AgentSettingsFile.IsName(name))
        {
            throw new PortolanException(
                $"'{TerminalText.Escape(name)}' cannot name an agent", $"take up to 60 letters, digits, - and _", ExitCode.Usage);
        }

        if (!AgentSettingsFile.IsZone(zone))
        {
            throw new PortolanException(
                $"'{TerminalText.Escape(zone)}' cannot name a zone{(zone == "all" ? ": it stands for every zone" : "")}",
                $"take up to 60 letters, digits, - and _", ExitCode.Usage);
        }

        using var management = new ManagementApi(settings.Management, settings.Broker);
        var token = await new Membership(database, management).InviteAsync(
            name, zone, invocation.Expires ?? TimeSpan.FromHours(1), settings.ForAgents, settings.Broker.Authority, cancellation);
        streams.Output.WriteLine(token.ToString());
        Say($"on the machine of {name}: portolan agent join, with this line on standard input; it can be used once");
        if (settings.ForAgents.Scheme != "amqps" && settings.ForAgents is { IsLoopback: false })
        {
            Say("warning: agents reach the broker without TLS: what they send, the token too, can be read on the way");
        }

        return ExitCode.Success;
    }

    private async Task<ExitCode> DrainAsync(FleetDatabase database, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        var name = invocation.Name!;
        var isKnown = await new AgentTable(database).DrainAsync(name, !invocation.Undo, cancellation);
        Say(!isKnown ? $"no agent has the name {TerminalText.Escape(name)}"
            : invocation.Undo ? $"agent {TerminalText.Escape(name)} gets chunks again"
            : $"agent {TerminalText.Escape(name)} gets no further chunks; portolan fleet agents shows when it is idle");
        return isKnown ? ExitCode.Success : ExitCode.NothingFound;
    }

    private async Task<ExitCode> RevokeAsync(FleetSettings settings, FleetDatabase database, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        using var management = new ManagementApi(settings.Management, settings.Broker);
        var name = invocation.Name!;
        var isKnown = await new Membership(database, management).RevokeAsync(name, cancellation);
        Say(isKnown ? $"agent {TerminalText.Escape(name)} is revoked, and its connections are closed"
            : $"no agent or token has the name {TerminalText.Escape(name)}");
        return isKnown ? ExitCode.Success : ExitCode.NothingFound;
    }

    private async Task<ExitCode> JoinAsync(CancellationToken cancellation)
    {
        var file = invocation.Config ?? AgentSettingsFile.UsualFile;
        var networks = invocation.Targets.Select(
            static text => AddressPrefix.TryParse(text, out var prefix) ? prefix : throw new PortolanException(
                $"'{TerminalText.Escape(text)}' is not a network", $"write --network 198.51.100.0/24", ExitCode.Usage)).ToList();
        AgentJoin.RefuseExisting(file);
        var token = JoinToken.Parse(invocation.TokenFile is { } path and not "-" ? SecretFile.Read(path) : ReadToken());
        await new AgentJoin(file, Clock).JoinAsync(token, networks, cancellation);
        Say($"agent {token.Name} of zone {token.Zone} has joined; {file} says what it may scan");
        if (networks.Count == 0)
        {
            streams.Error.WriteLine(Advice.Of($"name networks in {file}, then run portolan agent").ToHint());
        }

        return ExitCode.Success;
    }

    private async Task<ExitCode> LeaveAsync(CancellationToken cancellation)
    {
        var file = invocation.Config ?? AgentSettingsFile.UsualFile;
        var settings = AgentSettingsFile.Read(file, mayScanNothing: true);
        var hasAnswered = await new AgentJoin(file, Clock).LeaveAsync(settings, cancellation);
        Say($"agent {settings.Name} has left; its files are removed");
        if (!hasAnswered)
        {
            Say("warning: no coordinator answered, so the agent's user at the broker is still there");
            streams.Error.WriteLine(Advice.Of($"where the coordinator is: portolan fleet revoke {settings.Name}").ToHint());
        }

        return hasAnswered ? ExitCode.Success : ExitCode.Failed;
    }

    private static string ReadToken()
    {
        using var input = new StreamReader(new BoundedStream(StandardStream.Input, InputLimit.FleetSettings, "standard input"));
        return input.ReadLine() ?? "";
    }

    private async Task<ExitCode> AgentAsync(CancellationToken cancellation)
    {
        var settings = AgentSettingsFile.Read(invocation.Config ?? AgentSettingsFile.UsualFile) with { Program = Version };
        var isRaw = RawAccess.IsAllowed();
        var counters = new AgentCounters();
        using var metrics = invocation.Metrics is { } place ? FleetMetrics.Serve(place, counters, Clock, SayMetrics) : null;
        _log.Write(new FleetEvent(FleetEventCode.AgentStarted)
        {
            Agent = settings.Name,
            Zone = settings.Zone,
            Detail = $"{(isRaw ? "raw packets" : "connections, without CAP_NET_RAW")}; scope {settings.Scope}",
        });
        ProberSource open = isRaw
            ? (scan, probes) => KernelProbers.OpenRaw(
                scan, new KernelNetwork(Clock), KernelSettings.Read().EphemeralRange, probes, Clock)
            : (scan, _) => KernelProbers.OpenConnect(scan, Clock);
        var agent = new FleetAgent(settings, isRaw ? ScanMode.Raw : ScanMode.Connect, open, Clock, _log.Write, counters, Checker);
        try
        {
            await agent.RunAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }

        return ExitCode.Success;
    }

    private void SayMetrics(string place) => _log.Write(new FleetEvent(FleetEventCode.MetricsServed) { Place = place });

    private static PortChecker Checker(CheckOptions options, Func<ICheckSockets, ICheckSockets> guard) =>
        CheckSetup.Make(options, null, new Machine { IsThisHost = true, Environment = Environment.GetEnvironmentVariable }, guard);

    private void Say(string text)
    {
        lock (_gate)
        {
            streams.Error.WriteLine($"portolan: {text}");
        }
    }
}
