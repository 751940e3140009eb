using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>What attacks by many strangers with connections have in common.</summary>
internal static class Puppets
{
    /// <summary>One of so many strangers; they come as they are needed.</summary>
    internal static Puppet Next(List<Puppet> puppets, int most, Func<Puppet> make, Random random)
    {
        if (puppets.Count < most)
        {
            puppets.Add(make());
            return puppets[^1];
        }

        return puppets[random.Next(puppets.Count)];
    }

    /// <summary>A sum over the victim's connections.</summary>
    internal static long Sum(HostileWorld world, Func<TcpInfo, long> count)
    {
        var sum = 0L;
        foreach (var connection in world.Victim.Tcp.Connections)
        {
            sum += connection is null ? 0 : count(connection.Info(world.Now));
        }

        return sum;
    }
}
