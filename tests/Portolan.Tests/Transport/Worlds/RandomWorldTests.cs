using System.Globalization;
using Portolan.Transport.Testing;
using Portolan.Transport.Testing.Worlds;

namespace Portolan.Tests.Transport.Worlds;

/// <summary>Random worlds by the thousand, all promises looked at after every event. Ten thousand in all.</summary>
/// <remarks>PORTOLAN_WORLDS=N runs as many of each kind, PORTOLAN_SEED=N begins with another seed.</remarks>
public sealed class DatagramWorldTests
{
    [Fact]
    public void Datagrams_survive_or_die_whole_in_many_worlds() => Worlds.Run(7_500, RandomWorld.RunDatagrams);
}

/// <inheritdoc cref="DatagramWorldTests"/>
public sealed class ConnectionWorldTests
{
    [Fact]
    public void Connections_keep_their_promises_in_many_worlds() => Worlds.Run(2_500, RandomWorld.Run);
}

/// <summary>How many worlds, and which.</summary>
internal static class Worlds
{
    private static ulong FirstSeed => Number("PORTOLAN_SEED") ?? 50_000;

    internal static void Run(int count, Action<SimWorld> scenario) => SimRunner.Run(FirstSeed, (int)(Number("PORTOLAN_WORLDS") ?? (ulong)count), scenario, Path.GetTempPath());

    private static ulong? Number(string name) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
