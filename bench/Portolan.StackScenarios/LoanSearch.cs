using System.Diagnostics;
using System.Globalization;
using Portolan.Tests.Transport.Stack.Loans;

namespace Portolan.StackScenarios;

/// <summary>The long form of the search for memory of one connection that another one sees. Exits 1 when it finds some.</summary>
internal static class LoanSearch
{
    internal static async Task<int> RunAsync(string[] args)
    {
        // Before the first stack is made.
        AppContext.SetSwitch("Portolan.Transport.PoisonFreedMemory", isEnabled: true);
        int Value(string name, int usual) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length
            ? int.Parse(args[i + 1], CultureInfo.InvariantCulture)
            : usual;
        var (length, first) = (TimeSpan.FromSeconds(Value("--seconds", 600)), Value("--seed", 1000));
        var (tally, clock, seed) = (new LoanTally(), Stopwatch.StartNew(), first);
        for (var next = TimeSpan.Zero; clock.Elapsed < length && tally.Foreign == 0 && tally.Faults.IsEmpty; seed++)
        {
            await LoanFuzzer.RunAsync(seed, connections: 30, tally);
            if (clock.Elapsed > next)
            {
                Console.Error.WriteLine(Describe());
                next = clock.Elapsed + TimeSpan.FromSeconds(10);
            }
        }

        Console.WriteLine(Describe());
        foreach (var fault in tally.Faults)
        {
            Console.WriteLine(fault);
        }

        return tally.Foreign == 0 && tally.Faults.IsEmpty ? 0 : 1;

        string Describe() => FormattableString.Invariant(
            $"""
            {clock.Elapsed.TotalSeconds:f0} s, seeds {first} to {seed - 1}: {tally.Connections:n0} connections, {tally.Bytes:n0} bytes,
            {tally.Held:n0} results after the end of their stream, {tally.Datagrams:n0} datagrams:
            {tally.Foreign:n0} foreign bytes, {tally.Faults.Count} faults
            """).ReplaceLineEndings(" ");
    }
}
