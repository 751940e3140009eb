using System.Globalization;
using Portolan.FleetScenarios;
using Portolan.Tests.Fleet;

// A fleet over a real broker and a real database. `coordinator` is a process of its own, which these start.
string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : null;
int Number(string name, int fallback) => Value(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;

try
{
    switch (args)
    {
        case ["coordinator"]:
            await CoordinatorProcess.RunAsync();
            return 0;
        case ["scaling", ..]:
            var counts = (Value("--agents") ?? "1,5,10").Split(',').Select(static t => int.Parse(t, CultureInfo.InvariantCulture));
            await ScalingScenario.RunAsync([.. counts], Number("--rate", 2000), Value("--out"));
            return 0;
        case ["ingest", ..]:
            await IngestScenario.RunAsync(
                Number("--open", 1), Number("--hosts", 131_072), Number("--ports", 100), Number("--agents", 8), Value("--out"));
            return 0;
        default:
            Console.Error.WriteLine("usage: bench/fleet scaling|ingest, see the head of bench/fleet");
            return 2;
    }
}
finally
{
    ServerFolder.DisposeAll();
}
