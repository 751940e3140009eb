using System.Globalization;
using Portolan.Tests.Support;
using Portolan.Transport.Testing;
using Portolan.Transport.Testing.Worlds;

namespace Portolan.Tests.Transport.Worlds;

/// <summary>Random worlds by the thousand, all promises looked at after every event.</summary>
/// <remarks>
/// Two and a half thousand; PORTOLAN_LONG=MINUTES runs ten thousand, and goes on with seeds that were never tried for so many minutes.
/// PORTOLAN_WORLDS=N runs as many of each kind, PORTOLAN_SEED=N begins with another seed.
/// </remarks>
public sealed class DatagramWorldTests
{
    [Trait("Quick", "no")]
    [Fact]
    public void Datagrams_survive_or_die_whole_in_many_worlds() => Worlds.Run(Fuzz.Share(7_300), RandomWorld.RunDatagrams);
}

/// <inheritdoc cref="DatagramWorldTests"/>
public sealed class ConnectionWorldTests
{
    [Trait("Quick", "no")]
    [Fact]
    public void Connections_keep_their_promises_in_many_worlds() => Worlds.Run(Fuzz.Share(2_500), RandomWorld.Run);
}

/// <inheritdoc cref="DatagramWorldTests"/>
public sealed class HopelessWorldTests
{
    [Trait("Quick", "no")]
    [Fact]
    public void Nothing_wrong_happens_in_worlds_whose_faults_never_end() => Worlds.Run(Fuzz.Share(200), RandomWorld.RunHopeless);
}

/// <summary>How many worlds, and which.</summary>
internal static class Worlds
{
    private const int Batch = 100;

    internal static ulong? FirstSeed => Number("PORTOLAN_SEED");

    internal static void Run(int count, Action<SimWorld> scenario)
    {
        SimRunner.Run(FirstSeed ?? 50_000, (int)(Number("PORTOLAN_WORLDS") ?? (ulong)count), scenario, Path.GetTempPath());
        ForLong(seed => SimRunner.Run(seed, Batch, scenario, Path.GetTempPath()), Batch);
    }

    /// <summary>The long mode: batches of seeds that were never tried, for as many minutes as PORTOLAN_LONG says.</summary>
    internal static void ForLong(Action<ulong> batch, int size)
    {
        var (time, begin, count) = (TimeProvider.System, TimeProvider.System.GetTimestamp(), 0);
        var first = FirstSeed ?? (ulong)time.GetUtcNow().ToUnixTimeSeconds() * 1_000_000;
        for (var seed = first; time.GetElapsedTime(begin).TotalMinutes < (Number("PORTOLAN_LONG") ?? 0); seed += (ulong)size)
        {
            batch(seed);
            TestContext.Current.SendDiagnosticMessage($"{count += size} more, the last seed is {seed + (ulong)size - 1}");
        }
    }

    private static ulong? Number(string name) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
