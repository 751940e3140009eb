namespace Portolan.Tests.Support;

/// <summary>Seeded loops over hostile input. A failure names the seed of its round.</summary>
internal static class Fuzz
{
    private const int FirstSeed = 20_260_101;

    private static readonly bool IsLong = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PORTOLAN_LONG"));

    /// <summary>How many rounds of a search that takes seconds: <c>./test</c> makes a quarter, <c>./test long</c> all.</summary>
    internal static int Share(int rounds) => IsLong ? rounds : (rounds + 3) / 4;

    /// <summary>Runs <paramref name="body"/> with a generator of its own for each round.</summary>
    internal static void Run(int rounds, Action<Random, int> body)
    {
        for (var seed = FirstSeed; seed < FirstSeed + rounds; seed++)
        {
            try
            {
                body(new Random(seed), seed);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Assert.Fail($"seed {seed}: {exception}");
            }
        }
    }

    /// <summary>Changes, cuts, repeats or adds bytes; sometimes nothing.</summary>
    internal static byte[] Damage(Random random, byte[] bytes)
    {
        var damaged = new List<byte>(bytes);
        for (var count = random.Next(4); count > 0; count--)
        {
            var at = random.Next(damaged.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < damaged.Count:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1 when at < damaged.Count:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    damaged.RemoveRange(at, random.Next(damaged.Count - at + 1));
                    break;
                case 3:
                    damaged.Insert(at, (byte)random.Next(256));
                    break;
                case 4:
                    damaged.InsertRange(at, damaged.GetRange(at, Math.Min(random.Next(64), damaged.Count - at)));
                    break;
            }
        }

        return [.. damaged];
    }
}
