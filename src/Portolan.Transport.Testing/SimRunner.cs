namespace Portolan.Transport.Testing;

/// <summary>Runs worlds, and keeps what explains a failure.</summary>
public static class SimRunner
{
    /// <summary>Runs the world of a seed. When it fails it runs again, which is the same, and writes a capture file.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="scenario">Builds the world and runs it.</param>
    /// <param name="folder">Where the capture file goes.</param>
    /// <returns>The hash of what happened.</returns>
    /// <exception cref="SimFailureException">It failed; the message names the seed and the file.</exception>
    public static ulong Run(ulong seed, Action<SimWorld> scenario, string folder)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(folder);
        try
        {
            return RunOnce(seed, scenario, capture: null);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            var path = Path.Combine(folder, $"world-{seed}.pcapng");
            throw new SimFailureException(
                $"the world of seed {seed} failed: {exception.Message}\nAll its frames are in {path}{Replay(seed, scenario, path)}",
                exception);
        }
    }

    /// <summary>Runs the worlds of seeds one after the other.</summary>
    /// <returns>The hash of all.</returns>
    public static ulong Run(ulong firstSeed, int count, Action<SimWorld> scenario, string folder)
    {
        Allowed.AtLeast(0, count, nameof(count));
        var all = new TraceHash();
        for (var seed = firstSeed; seed < firstSeed + (ulong)count; seed++)
        {
            all.Add(Run(seed, scenario, folder));
        }

        return all.Value;
    }

    private static ulong RunOnce(ulong seed, Action<SimWorld> scenario, Stream? capture)
    {
        using var world = new SimWorld(seed, new SimOptions { Capture = capture });
        scenario(world);
        return world.Trace;
    }

    private static string Replay(ulong seed, Action<SimWorld> scenario, string path)
    {
        using var file = File.Create(path);
        try
        {
            RunOnce(seed, scenario, file);
            return ". It did not fail a second time: something in it depends on more than the seed.";
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return "";
        }
    }
}
