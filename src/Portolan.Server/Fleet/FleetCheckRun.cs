using System.Globalization;
using Npgsql;
using Portolan.Fleet.Checks;
using Portolan.Fleet.Database;
using Portolan.Fleet.Messages;
using Portolan.Fleet.Settings;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;

namespace Portolan.Server.Fleet;

/// <summary><c>portolan check --vantage</c>: the same check from several zones, side by side.</summary>
internal sealed class FleetCheckRun(FleetCheckInvocation invocation, ServerStreams streams)
{
    private static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Does it.</summary>
    /// <exception cref="PortolanException">The settings are wrong, or the database or broker does not answer.</exception>
    internal async Task<ExitCode> RunAsync()
    {
        if (invocation.Targets.Count > CheckRequest.MostTargets)
        {
            throw new PortolanException(
                string.Create(CultureInfo.InvariantCulture, $"more than {CheckRequest.MostTargets} targets"),
                $"split them over several runs", ExitCode.Usage);
        }

        var settings = FleetSettings.Read(invocation.Config ?? FleetSettings.UsualFile);
        using var end = new CancellationTokenSource();
        var signal = 0;
        using var signals = new SignalCatcher(number =>
        {
            Volatile.Write(ref signal, number);
            end.Cancel();
        });
        try
        {
            return await RunAsync(settings, end.Token);
        }
        catch (NpgsqlException exception)
        {
            throw FleetDatabase.Failure(exception, invocation.Config);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return (ExitCode)(128 + Volatile.Read(ref signal));
        }
    }

    private async Task<ExitCode> RunAsync(FleetSettings settings, CancellationToken cancellation)
    {
        await using var database = settings.OpenDatabase();
        var startedAt = TimeProvider.System.GetUtcNow();
        var looks = await new ZoneChecks(settings.Broker, database, TimeProvider.System).AskAsync(
            invocation.Zones, RequestFor, cancellation);
        Write(looks, startedAt);
        return looks.Any(static look => look.Passed is null) ? ExitCode.Failed
            : looks.Any(static look => look.Passed == false) ? ExitCode.NothingFound : ExitCode.Success;
    }

    private CheckRequest RequestFor(string zone)
    {
        var usual = new CheckRequest { Items = [] };
        return usual with
        {
            Items =
            [
                .. invocation.Targets.Select(target => new CheckItem(
                    target.Target,
                    [
                        .. target.Expectations.Select(static text => text.Split(':', 2))
                            .Where(parts => parts[0].Length == 0 || parts[0] == zone).Select(static parts => parts[1]),
                    ])),
            ],
            TimeoutSeconds = (invocation.Timeout ?? UsualTimeout).TotalSeconds,
            UseIPv4 = invocation.Family != 6,
            UseIPv6 = invocation.Family != 4,
            AcceptUntrusted = invocation.AcceptsUntrusted,
            ServerName = invocation.ServerName,
            Identify = !invocation.DoesNotIdentify,
            MostRedirects = (int)(invocation.MostRedirects ?? usual.MostRedirects),
            MaxBody = invocation.MaxBody ?? usual.MaxBody,
        };
    }

    private void Write(IReadOnlyList<VantageLook> looks, DateTimeOffset startedAt)
    {
        if (invocation.Json)
        {
            foreach (var look in looks)
            {
                look.WriteJson(streams.Bytes, startedAt);
            }
        }
        else
        {
            foreach (var look in looks)
            {
                look.WriteText(streams.Output);
            }

            WriteTable(looks);
        }

        if (invocation.JUnit is { } path)
        {
            WriteJUnit(looks, path, startedAt);
        }
    }

    // Who can reach it, from where: a line for each target.
    private void WriteTable(IReadOnlyList<VantageLook> looks)
    {
        if (looks.Count < 2)
        {
            return;
        }

        var rows = new List<string[]> { ([.. looks.Select(static look => $"FROM {look.Zone}").Prepend("TARGET")]) };
        for (var i = 0; i < invocation.Targets.Count; i++)
        {
            rows.Add([TerminalText.Escape(invocation.Targets[i].Target), .. looks.Select(look => look.StateOf(i))]);
        }

        streams.Output.WriteLine();
        FleetReports.WriteTable(streams.Output, rows);
    }

    private static void WriteJUnit(IReadOnlyList<VantageLook> looks, string path, DateTimeOffset startedAt)
    {
        var output = new Utf8Writer();
        output.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"u8);
        foreach (var look in looks)
        {
            look.WriteJUnit(output, startedAt);
        }

        output.Write("</testsuites>\n"u8);
        try
        {
            using var file = NamedFile.Open(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write });
            file.Write(output.Written);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"cannot write {path}: {NamedFile.WhyNot(exception, path, FileAccess.Write)}", $"give --junit a writable file",
                ExitCode.Failed, exception);
        }
    }
}
