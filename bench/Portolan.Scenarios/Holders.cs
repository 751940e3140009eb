using System.Diagnostics;
using System.Globalization;

namespace Portolan.Scenarios;

/// <summary>Processes that hold sockets and plain descriptors until this is disposed of; see <see cref="Holder"/>.</summary>
internal sealed class Holders : IDisposable
{
    private readonly List<Process> _processes;

    /// <summary>Starts them, and comes back when all sockets are there.</summary>
    /// <param name="processes">How many processes.</param>
    /// <param name="sockets">How many TCP sockets they have together: both ends of connections.</param>
    public Holders(int processes, int sockets)
    {
        _processes = [.. Enumerable.Range(0, processes).Select(i => Start(i, sockets / processes / 2, sockets / processes / 10))];
        if (_processes.Any(static p => p.StandardOutput.ReadLine() != "ready"))
        {
            Dispose();
            throw new InvalidOperationException("a holder did not start: raise the descriptor limit (ulimit -n)");
        }
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.StandardInput.Close();
            process.WaitForExit(30_000);
            process.Dispose();
        }

        _processes.Clear();
    }

    private static Process Start(int index, int connections, int files)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var word in (string[])[
            "hold", index.ToString(CultureInfo.InvariantCulture), connections.ToString(CultureInfo.InvariantCulture),
            files.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(word);
        }

        return Process.Start(start)!;
    }
}
