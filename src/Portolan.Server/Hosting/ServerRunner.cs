using Portolan.Linux.Privilege;
using Portolan.Linux.Terminals;
using Portolan.Model.Invocation;
using Portolan.Server.Fleet;
using Portolan.Server.Lab;
using Portolan.Server.Serve;
using Portolan.Server.Watch;

namespace Portolan.Server.Hosting;

/// <summary>
/// Reads the words that <c>portolan</c> passed, does what they say, and turns every failure into one line, a hint and an exit code.
/// </summary>
internal static class ServerRunner
{
    /// <summary>Runs and returns the exit code.</summary>
    internal static async Task<int> RunAsync(string[] words)
    {
        var streams = new ServerStreams();
        var debug = false;
        try
        {
            InheritedCapabilities.RefuseThoseOfFile();
            var invocation = ServerInvocation.Parse(words);
            debug = invocation.Debug;
            var exitCode = await RunAsync(invocation, streams);
            streams.Flush();
            return exitCode;
        }
#pragma warning disable CA1031 // The last resort: an unexpected failure is one line, and the trace is one flag away.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return FailureReport.Of(exception, debug).Write(() => streams.Error);
        }
    }

    private static async Task<int> RunAsync(ServerInvocation invocation, ServerStreams streams) => invocation switch
    {
        LabInvocation lab => await RunAsync(lab, streams),
        ServeInvocation serve => (int)await ServeRun.RunAsync(serve, streams),
        WatchInvocation watch => (int)await new WatchRun(watch, streams).RunAsync(),
        WatchFileInvocation file => (int)await WatchFileRun.RunAsync(file, streams),
        FleetCheckInvocation check => (int)await new FleetCheckRun(check, streams).RunAsync(),
        FleetInvocation fleet => (int)await FleetLog.RunAsync(fleet, streams),
        _ => throw new ArgumentOutOfRangeException(nameof(invocation)),
    };

    private static async Task<int> RunAsync(LabInvocation invocation, ServerStreams streams) => invocation.Action switch
    {
        LabAction.Run => await new LabRun(invocation, streams).RunAsync(),
        LabAction.Inside => await new LabInside(invocation, streams).RunAsync(),
        LabAction.Enter => await new LabEnter(invocation, streams).RunAsync(),
        LabAction.Guest => await LabGuest.RunAsync(invocation),
        LabAction.Check => (int)await LabCheck.RunAsync(invocation, streams),
        _ => (int)LabReports.Write(invocation, streams),
    };
}
