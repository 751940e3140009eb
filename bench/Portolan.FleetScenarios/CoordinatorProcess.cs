using System.Diagnostics;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;

namespace Portolan.FleetScenarios;

/// <summary>A coordinator in a process of its own, so that its processor time is known. It ends when its stdin does.</summary>
internal sealed class CoordinatorProcess : IDisposable
{
    private readonly Process _process;

    private CoordinatorProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Starts one.</summary>
    public static CoordinatorProcess Start(BrokerAddress broker, string database)
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["coordinator"]) { RedirectStandardInput = true })!;
        process.StandardInput.WriteLine(broker.Uri);
        process.StandardInput.WriteLine(broker.Password);
        process.StandardInput.WriteLine(database);
        process.StandardInput.Flush();
        return new CoordinatorProcess(process);
    }

    /// <summary>The process itself.</summary>
    public static async Task RunAsync()
    {
        var (uri, password) = (Console.In.ReadLine()!, Console.In.ReadLine()!);
        await using var database = FleetDatabase.Open(Console.In.ReadLine()!);
        using var end = new CancellationTokenSource();
        var coordinator = new FleetCoordinator(
            BrokerAddress.Parse(uri, password), database, new FleetTiming(), TimeProvider.System,
            static text => Console.Error.WriteLine($"coordinator: {text}"));
        var run = coordinator.RunAsync(end.Token);
        await Task.Run(Console.In.ReadToEnd);
        await end.CancelAsync();
        try
        {
            await run;
        }
        catch (OperationCanceledException)
        {
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
