# Situations of docs/transport.md: see library.sh.

#: dotnet run --project samples/transport/LossyKestrel
#: dotnet run --project samples/transport/PartitionedProtocol
#mask \d+ segments sent, \d+ of them
# The samples as the solution has built them.
dotnet() { "$checkout/artifacts/bin/${3##*/}/debug/${3##*/}"; }
