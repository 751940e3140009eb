using System.Buffers.Binary;
using System.Text;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Tests.Model.Registry;

/// <summary>Hostile bytes: nothing but the declared refusals comes out of the parsers, and no accepted table makes a lookup fail.</summary>
public sealed class RegistryFuzzTests
{
    private const int Seed = 6335;

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(IanaFiles.Csv, 4000)]
    [InlineData(IanaFiles.Xml, 4000)]
    public void A_damaged_registry_is_read_or_refused_with_a_place_inside_it(string text, int rounds)
    {
        var original = Encoding.UTF8.GetBytes(text);
        var (read, refused) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            var file = Damage(original, new Random(Seed + round));
            try
            {
                ServiceRegistry.Build(IanaRegistry.Read(file).Rows, default, out var table);
                Assert.True(ServiceRegistry.TryOpen(table, out _, out var reason), $"seed {Seed + round}: {reason}");
                read++;
            }
            catch (RegistryFormatException error)
            {
                var lines = file.AsSpan().Count((byte)'\n') + file.AsSpan().Count((byte)'\r') + 1;
                Assert.True(
                    error.Line >= 1 && error.Line <= lines && error.Column >= 1 && error.Reason.Length > 0,
                    $"seed {Seed + round}: {error.Message}");
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {Seed + round}: {error}");
            }
        }

        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Random_bytes_are_refused()
    {
        for (var round = 0; round < 2000; round++)
        {
            var random = new Random(Seed + round);
            var file = new byte[random.Next(200)];
            random.NextBytes(file);
            Assert.False(ServiceRegistry.TryOpen(file, out _, out _), $"seed {Seed + round}");
            Assert.Throws<RegistryFormatException>(() => IanaRegistry.Read(file));
        }
    }

    [Fact]
    public void A_forged_table_is_refused_or_safe_to_ask_anything()
    {
        ServiceRegistry.Build(IanaFiles.Read(IanaFiles.Csv).Rows, default, out var original);
        Assert.True(RegistryTableCheck.TrySplit(original, out var numbersLength, out _));
        var accepted = 0;
        for (var round = 0; round < 6000; round++)
        {
            var random = new Random(Seed + round);
            byte[] file = [.. original];
            for (var change = random.Next(3); change >= 0; change--)
            {
                // The pages of ports are most of a small table: aim at the rest as often.
                var at = random.Next(2) == 0
                    ? random.Next(8, file.Length)
                    : random.Next(RegistryTable.HeaderSize + (RegistryTable.PageCount * 16), file.Length);
                file[at] = random.Next(3) switch
                {
                    0 => (byte)random.Next(256),
                    1 => (byte)(file[at] ^ (1 << random.Next(8))),
                    _ => (byte)(file[at] + 1),
                };
            }

            // A forger makes the checksum fit.
            if (file.Length > numbersLength)
            {
                var checksum = RegistryTableCheck.Checksum(file.AsSpan(0, numbersLength), file.AsSpan(numbersLength));
                BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(RegistryTable.ChecksumOffset), checksum);
            }

            try
            {
                if (ServiceRegistry.TryOpen(file, out var registry, out _))
                {
                    accepted++;
                    AskEverything(registry!, random);
                }
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {Seed + round}: {error}");
            }
        }

        Assert.True(accepted > 0);
    }

    private static void AskEverything(ServiceRegistry registry, Random random)
    {
        foreach (var entry in registry.Entries())
        {
            foreach (var name in entry.Names)
            {
                registry.FindByName(name.Name);
                registry.TryFindPort(name.Name, entry.Protocol, out _);
            }
        }

        for (var i = 0; i < 50; i++)
        {
            var port = new PortNumber((ushort)(i < 25 ? random.Next(100) : random.Next(65536)));
            foreach (var protocol in ServiceRegistry.Protocols)
            {
                registry.PrimaryName(port, protocol);
                registry.StatusOf(port, protocol);
                registry.Describe(port, protocol);
            }
        }

        registry.TryFindPort("no-such-name", TransportProtocol.Tcp, out _);
        registry.FindByPrefix("w");
        registry.Search("web http");
        _ = registry.AsOf;
    }

    private static byte[] Damage(byte[] original, Random random)
    {
        var file = original.ToList();
        for (var change = random.Next(4); change >= 0; change--)
        {
            var at = random.Next(file.Count);
            switch (random.Next(6))
            {
                case 0: file[at] = (byte)random.Next(256); break;
                case 1: file.RemoveRange(at, Math.Min(random.Next(1, 60), file.Count - at)); break;
                case 2: file.InsertRange(at, file.Skip(random.Next(file.Count)).Take(random.Next(1, 60)).ToArray()); break;
                case 3: file[at] = "\",\n\r<>&-;'0x\t"u8[random.Next(13)]; break;
                case 4: file.RemoveRange(at, file.Count - at); break;
                default: file.InsertRange(at, "\"\"<![CDATA[]]><record><!---->&#0;\u202e"u8.ToArray()); break;
            }

            if (file.Count == 0)
            {
                file.Add((byte)'<');
            }
        }

        return [.. file];
    }
}
